// FastCGI as a peer writes and reads it, independent of native/core/protocol/fastcgi.cc.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace uwsgi_node::test {

using Vars = std::vector<std::pair<std::string, std::string>>;

inline std::string record(int type, int id, std::string_view content, size_t padding = 0) {
  std::string out;
  const auto size = static_cast<int>(content.size());
  for (const int byte : {1, type, id >> 8, id & 255, size >> 8, size & 255, static_cast<int>(padding), 0})
    out += static_cast<char>(byte);
  return out + std::string(content) + std::string(padding, 'p');
}

inline std::string name_value(const Vars& vars) {
  std::string out;
  const auto length = [&out](size_t size) {
    if (size < 128) {
      out += static_cast<char>(size);
      return;
    }
    for (const int shift : {24, 16, 8, 0})
      out += static_cast<char>((size >> shift & 255) | (shift == 24 ? 128 : 0));
  };
  for (const auto& [name, value] : vars) {
    length(name.size());
    length(value.size());
    out += name + value;
  }
  return out;
}

inline std::string begin_request(int id = 1, bool keep = true, int role = 1) {
  const std::string body{0, static_cast<char>(role), static_cast<char>(keep), 0, 0, 0, 0, 0};
  return record(1, id, body);
}

// A whole request.
inline std::string fastcgi(const Vars& vars, std::string_view body = "", bool keep = true, int id = 1) {
  std::string out = begin_request(id, keep) + record(4, id, name_value(vars)) + record(4, id, "");
  if (!body.empty()) out += record(5, id, body);
  return out + record(5, id, "");
}

// What the records of an answer say; what is not finished stays in `rest`.
struct Answer {
  std::string output;
  int ends = 0;
  int status = -1;  // protocolStatus of the last end
  std::vector<int> types;
  std::string rest;
};

inline Answer read_records(std::string_view bytes) {
  Answer answer;
  const auto at = [&bytes](size_t i) { return static_cast<uint8_t>(bytes[i]); };
  while (bytes.size() >= 8) {
    const size_t content = static_cast<size_t>(at(4)) << 8 | at(5);
    const size_t size = 8 + content + at(6);
    if (bytes.size() < size) break;
    answer.types.push_back(at(1));
    if (at(1) == 6) answer.output += bytes.substr(8, content);
    if (at(1) == 3) {
      ++answer.ends;
      answer.status = at(12);
    }
    bytes.remove_prefix(size);
  }
  answer.rest = bytes;
  return answer;
}

}  // namespace uwsgi_node::test
