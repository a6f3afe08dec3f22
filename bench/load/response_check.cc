#include "bench/load/response_check.h"

#include <strings.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <string_view>

namespace uwsgi_node::bench {
namespace {

constexpr std::string_view kContentLength = "content-length:";

bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

void ResponseCheck::feed(const char* data, size_t size) {
  if (head_done_) {
    body_size_ += size;
    return;
  }
  const size_t had = head_size_;
  const size_t taken = std::min(size, head_.size() - had);
  memcpy(head_.data() + had, data, taken);
  head_size_ += taken;

  // The blank line may lie across two reads.
  const size_t from = had < 3 ? 0 : had - 3;
  const void* blank = memmem(head_.data() + from, head_size_ - from, "\r\n\r\n", 4);
  if (blank == nullptr) {
    if (head_size_ == head_.size()) malformed_ = head_done_ = true;
    return;
  }
  const size_t end = static_cast<size_t>(static_cast<const char*>(blank) - head_.data()) + 4;
  body_size_ = had + size - end;
  head_size_ = end;
  head_done_ = true;
  read_head();
}

void ResponseCheck::read_head() {
  const char* head = head_.data();
  content_length_ = -1;
  // CGI's status line (RFC 3875, section 6.3.3) or HTTP's.
  const bool cgi = head_size_ >= 14 && memcmp(head, "Status: ", 8) == 0;
  const bool http = head_size_ >= 14 && memcmp(head, "HTTP/1.", 7) == 0 && head[8] == ' ';
  const char* const code = head + (cgi ? 8 : 9);
  if ((!cgi && !http) || !is_digit(code[0]) || !is_digit(code[1]) || !is_digit(code[2])) {
    malformed_ = true;
    return;
  }
  status_ = (code[0] - '0') * 100 + (code[1] - '0') * 10 + (code[2] - '0');

  const char* const end = head + head_size_;
  for (const char* line = head; line < end;) {
    const char* next = static_cast<const char*>(memchr(line, '\n', static_cast<size_t>(end - line))) + 1;
    if (static_cast<size_t>(next - line) > kContentLength.size() &&
        strncasecmp(line, kContentLength.data(), kContentLength.size()) == 0) {
      const char* digits = line + kContentLength.size();
      while (*digits == ' ') digits++;
      const auto [stop, error] = std::from_chars(digits, end, content_length_);
      if (error != std::errc() || *stop != '\r') malformed_ = true;
    }
    line = next;
  }
}

Verdict ResponseCheck::finish(int expect_status, int64_t expect_bytes) const {
  if (malformed_) return Verdict::kMalformed;
  if (!head_done_) return Verdict::kShort;
  if (status_ != expect_status) return Verdict::kStatus;
  const auto body = static_cast<int64_t>(body_size_);
  if (content_length_ >= 0 && body != content_length_) return Verdict::kShort;
  if (expect_bytes >= 0 && body != expect_bytes) return Verdict::kShort;
  return Verdict::kOk;
}

}  // namespace uwsgi_node::bench
