// The bytes of a response on their way out: written at once as far as the socket takes them, kept as segments
// beyond.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <deque>
#include <span>

#include "native/core/bytes.h"

namespace uwsgi_node {

// done: everything is in the kernel. again: some is kept until the socket is writable. dead: nobody reads any
// more.
enum class WriteResult : uint8_t { kDone, kAgain, kDead };

// Bytes and who keeps them alive. Without `release` they live only during the call and are copied if they
// must be kept. With `hold` they live only during the call as well, but can be kept alive: `hold` is called
// when that turns out to be needed, and `release` later with what it returned.
struct Segment {
  static constexpr size_t kFrameRoom = 24;

  const uint8_t* data = nullptr;
  size_t size = 0;
  void (*release)(void* owner) = nullptr;
  void* owner = nullptr;
  void* (*hold)(void* owner) = nullptr;
  // The bytes, and kFrameRoom before and behind them, may be written to during the call: a protocol's frame
  // goes where they are.
  bool has_frame_room = false;

  Bytes bytes() const { return {data, size}; }
};

// Lets go of what will not be sent.
void discard(const Segment& first, const Segment& second);

class ResponseWriter {
 public:
  static constexpr size_t kMaxSegments = 2;
  static constexpr size_t kMostParts = 8;

  ResponseWriter() = default;
  ResponseWriter(const ResponseWriter&) = delete;
  ResponseWriter& operator=(const ResponseWriter&) = delete;
  ~ResponseWriter() { clear(); }

  bool pending() const { return !kept_.empty() || file_ >= 0; }
  // Bytes kept in memory, and those of a file that are still to go.
  size_t pending_bytes() const { return pending_bytes_ + file_left_; }

  // One writev of up to kMaxSegments segments, or behind what is already kept. Takes over the segments'
  // owners whatever the result. `first` may be empty.
  WriteResult write(int fd, Segment first, Segment second);
  // The same for up to kMostParts segments, the first of which may only live during the call.
  WriteResult write_parts(int fd, std::span<const Segment> parts);

  // The end of the response is this part of a file, which flush() sends and which is closed then. With a
  // FastCGI request's `record_id` it goes out in records, and behind it the end of that request.
  void keep_file(int file, off_t offset, size_t size, uint16_t record_id = 0);

  // Goes on with what is kept.
  WriteResult flush(int fd);

  // Lets go of everything that is kept.
  void clear();

 private:
  void keep(Segment segment, size_t skip);
  WriteResult flush_kept(int fd);
  WriteResult flush_file(int fd);
  WriteResult begin_record(int fd);
  void keep_copy(const uint8_t* data, size_t size) { keep({data, size}, 0); }

  struct Kept {
    Segment segment;
    size_t at;
  };
  std::deque<Kept> kept_;
  size_t pending_bytes_ = 0;
  int file_ = -1;
  off_t file_offset_ = 0;
  size_t file_left_ = 0;
  uint16_t record_id_ = 0;  // 0: the file goes out as it is
  size_t record_left_ = 0;  // content of the file's current record that is still to go
};

}  // namespace uwsgi_node
