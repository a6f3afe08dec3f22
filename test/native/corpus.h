// test/packets for C++: the same files that test/packets/corpus.ts reads. Programs run in the repository's
// root.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "native/core/protocol/vars.h"

namespace uwsgi_node::test {

struct ValidPacket {
  std::string name;
  std::string bytes;
  std::vector<std::pair<std::string, std::string>> vars;
  std::optional<uint64_t> content_length;
  std::string body;
  std::string surplus;
  // Of uwsgi.
  uint8_t modifier1 = 0;
  uint8_t modifier2 = 0;
  // Of FastCGI.
  bool keep = false;
  std::vector<std::string> steps;
};

struct InvalidPacket {
  std::string name;
  std::string bytes;
  InvalidReason reason;
  uint32_t vars_before;
};

// Of a protocol's folder: "" is uwsgi, the others are called by their names.
std::vector<ValidPacket> valid_packets(const std::string& protocol = "");
std::vector<InvalidPacket> invalid_packets(const std::string& protocol = "");

// A case for each packet of a protocol: what holds for the bytes of all, then for what they are. True, so
// that a constant can be made of it before main.
bool add_corpus(const std::string& protocol, const std::function<void(const std::string&)>& check_bytes,
                const std::function<void(const ValidPacket&)>& check_valid,
                const std::function<void(const InvalidPacket&)>& check_invalid);

inline Bytes as_bytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

}  // namespace uwsgi_node::test
