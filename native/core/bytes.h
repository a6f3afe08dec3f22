// Bytes as the parsers see them: a view, never an owner.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace uwsgi_node {

using Bytes = std::span<const uint8_t>;
// Bytes that a parser may move closer together.
using MutableBytes = std::span<uint8_t>;

inline uint16_t load_u16le(const uint8_t* at) { return static_cast<uint16_t>(at[0] | at[1] << 8); }

inline uint16_t load_u16be(const uint8_t* at) { return static_cast<uint16_t>(at[0] << 8 | at[1]); }

inline std::string_view as_text(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace uwsgi_node
