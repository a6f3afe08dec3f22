// FastCGI as a front server speaks it: requests in records, and the records of a response taken apart.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "bench/load/response_check.h"

namespace uwsgi_node::bench {

using Vars = std::vector<std::pair<std::string, std::string>>;

// Everything of a request up to its body. `keep` asks that the connection stays open.
std::string fastcgi_head(const Vars& vars, bool keep);

// A body of so many bytes in records of 32 KiB as nginx sends them, and its end.
std::string fastcgi_stdin(const std::string& body);

// Follows the records of one response.
class RecordReader {
 public:
  enum class Status : uint8_t { kMore, kEnd, kMalformed };

  void reset() { *this = {}; }

  // Hands what is output on to `check`. kEnd at the end of FCGI_END_REQUEST; nothing may follow it.
  Status feed(const char* data, size_t size, ResponseCheck& check);

 private:
  std::array<uint8_t, 8> header_{};
  size_t header_size_ = 0;
  size_t content_left_ = 0;
  size_t padding_left_ = 0;
};

}  // namespace uwsgi_node::bench
