// Follows one response as it arrives and says at its end whether it was what it should be.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace uwsgi_node::bench {

enum class Verdict : uint8_t {
  kOk,
  kShort,      // the connection ended before the head, or the body has not the length it should have
  kStatus,     // another status than expected
  kMalformed,  // no status line, a head over 4 KiB, or a Content-Length that is no number
};

class ResponseCheck {
 public:
  void reset() {
    head_size_ = 0;
    body_size_ = 0;
    head_done_ = false;
    malformed_ = false;
  }

  void feed(const char* data, size_t size);

  // At the end of the connection. `expect_bytes` -1: any length that agrees with Content-Length.
  Verdict finish(int expect_status, int64_t expect_bytes) const;

 private:
  void read_head();

  std::array<char, 4096> head_;
  size_t head_size_ = 0;
  uint64_t body_size_ = 0;
  int64_t content_length_ = -1;
  int status_ = 0;
  bool head_done_ = false;
  bool malformed_ = false;
};

}  // namespace uwsgi_node::bench
