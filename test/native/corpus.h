// test/packets for C++: the same files that test/packets/corpus.ts reads. Programs run in the repository's
// root.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "native/core/protocol/uwsgi.h"

namespace uwsgi_node::test {

struct ValidPacket {
  std::string name;
  std::string bytes;
  uint8_t modifier1;
  uint8_t modifier2;
  std::vector<std::pair<std::string, std::string>> vars;
  std::optional<uint64_t> content_length;
  std::string body;
  std::string surplus;
};

struct InvalidPacket {
  std::string name;
  std::string bytes;
  InvalidReason reason;
  uint32_t vars_before;
};

std::vector<ValidPacket> valid_packets();
std::vector<InvalidPacket> invalid_packets();

inline Bytes as_bytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

}  // namespace uwsgi_node::test
