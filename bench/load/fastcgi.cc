#include "bench/load/fastcgi.h"

#include <algorithm>

namespace uwsgi_node::bench {
namespace {

// Record types, FastCGI specification, section 8.
constexpr uint8_t kBeginRequest = 1;
constexpr uint8_t kEndRequest = 3;
constexpr uint8_t kParams = 4;
constexpr uint8_t kStdin = 5;
constexpr uint8_t kStdout = 6;

constexpr size_t kHeaderSize = 8;
constexpr size_t kStdinContent = 32 * 1024;

void add_record(std::string& out, uint8_t type, const std::string& content) {
  const size_t padding = (8 - content.size() % 8) % 8;
  for (const size_t byte : {size_t{1}, size_t{type}, size_t{0}, size_t{1}, content.size() >> 8 & 0xff,
                            content.size() & 0xff, padding, size_t{0}}) {
    out.push_back(static_cast<char>(byte));
  }
  out += content;
  out.append(padding, '\0');
}

void add_length(std::string& out, size_t length) {
  if (length < 128) {
    out.push_back(static_cast<char>(length));
    return;
  }
  for (const int shift : {24, 16, 8, 0})
    out.push_back(static_cast<char>((length >> shift & 0xff) | (shift == 24 ? 0x80 : 0)));
}

}  // namespace

std::string fastcgi_head(const Vars& vars, bool keep) {
  std::string params;
  for (const auto& [name, value] : vars) {
    add_length(params, name.size());
    add_length(params, value.size());
    params += name;
    params += value;
  }
  std::string head;
  add_record(head, kBeginRequest, std::string({0, 1, static_cast<char>(keep), 0, 0, 0, 0, 0}));
  add_record(head, kParams, params);
  add_record(head, kParams, "");
  return head;
}

std::string fastcgi_stdin(const std::string& body) {
  std::string stream;
  for (size_t at = 0; at < body.size(); at += kStdinContent)
    add_record(stream, kStdin, body.substr(at, kStdinContent));
  add_record(stream, kStdin, "");
  return stream;
}

RecordReader::Status RecordReader::feed(const char* data, size_t size, ResponseCheck& check) {
  while (size > 0 || (header_size_ == kHeaderSize && content_left_ + padding_left_ == 0)) {
    if (header_size_ < kHeaderSize) {
      header_[header_size_++] = static_cast<uint8_t>(*data++);
      size--;
      if (header_size_ < kHeaderSize) continue;
      content_left_ = static_cast<size_t>(header_[4] << 8 | header_[5]);
      padding_left_ = header_[6];
      const bool known = header_[1] == kStdout || header_[1] == kEndRequest;
      if (header_[0] != 1 || !known || header_[3] != 1) return Status::kMalformed;
      continue;
    }
    const size_t content = std::min(size, content_left_);
    if (header_[1] == kStdout && content > 0) check.feed(data, content);
    content_left_ -= content;
    const size_t padding = content_left_ > 0 ? 0 : std::min(size - content, padding_left_);
    padding_left_ -= padding;
    data += content + padding;
    size -= content + padding;
    if (content_left_ + padding_left_ > 0) continue;
    header_size_ = 0;
    if (header_[1] == kEndRequest) return size == 0 ? Status::kEnd : Status::kMalformed;
  }
  return Status::kMore;
}

}  // namespace uwsgi_node::bench
