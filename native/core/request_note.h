// Which request a thread has, in a few words that other threads and processes read at any time without asking
// it: the thread may be stuck, or its process killed in the midst of writing.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>

#include "native/core/bytes.h"
#include "native/core/protocol/vars.h"

namespace uwsgi_node {

// REQUEST_METHOD, REMOTE_ADDR and REQUEST_URI (else PATH_INFO), with a NUL between them. What does not fit is
// cut off, so the URI comes last.
class RequestNote {
 public:
  static constexpr size_t kRoom = 248;

  RequestNote() = default;
  RequestNote(std::string_view method, std::string_view address, std::string_view uri);
  // The same text, as JavaScript puts it together.
  explicit RequestNote(std::string_view text) { append(text, kRoom); }
  static RequestNote of(Bytes block, const VarPlace* places, const Vars& vars);

  std::string_view text() const { return {text_.data(), size_}; }

 private:
  void append(std::string_view piece, size_t most);

  std::array<char, kRoom> text_;
  size_t size_ = 0;
};

// The note's place in shared memory: a seqlock with one writer. Zero bytes are an empty one. Every word is an
// atomic, stored with release and loaded with acquire order, so that no fence is needed (ThreadSanitizer
// knows none) and on x86 none is paid for.
class SharedNote {
 public:
  void write(std::string_view text);
  // Empty where there is none, and where the writer died in the midst of one.
  std::string read() const;
  void clear() { write({}); }

 private:
  static constexpr size_t kWords = RequestNote::kRoom / sizeof(uint64_t);

  bool try_read(std::string* into) const;

  std::atomic<uint32_t> sequence_;  // odd while it is written
  std::atomic<uint32_t> size_;
  std::array<std::atomic<uint64_t>, kWords> words_;
};
static_assert(sizeof(SharedNote) == 256);

}  // namespace uwsgi_node
