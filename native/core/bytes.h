// Bytes as the parsers see them: a view, never an owner.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace uwsgi_node {

using Bytes = std::span<const uint8_t>;
// Bytes that a parser may move closer together.
using MutableBytes = std::span<uint8_t>;

inline uint16_t load_u16le(const uint8_t* at) { return static_cast<uint16_t>(at[0] | at[1] << 8); }

inline uint16_t load_u16be(const uint8_t* at) { return static_cast<uint16_t>(at[0] << 8 | at[1]); }

template <typename Word>
Word load(const uint8_t* at) {
  Word word;
  std::memcpy(&word, at, sizeof word);
  return word;
}

// memcmp for what is a few words long, such as a name: a call costs more than the comparison. The last word
// may overlap the one before it.
inline bool same_bytes(const uint8_t* a, const uint8_t* b, size_t size) {
  if (size < 8) {
    if (size >= 4)
      return load<uint32_t>(a) == load<uint32_t>(b) &&
             load<uint32_t>(a + size - 4) == load<uint32_t>(b + size - 4);
    for (size_t at = 0; at < size; ++at) {
      if (a[at] != b[at]) return false;
    }
    return true;
  }
  const size_t last = size - 8;
  for (size_t at = 0; at < last; at += 8) {
    if (load<uint64_t>(a + at) != load<uint64_t>(b + at)) return false;
  }
  return load<uint64_t>(a + last) == load<uint64_t>(b + last);
}

// How many bytes both begin with.
inline size_t common_size(Bytes a, Bytes b) {
  // Two words that the processor takes at once (GCC's and Clang's vector extension).
  using Pair = uint64_t __attribute__((vector_size(16)));
  const size_t most = std::min(a.size(), b.size());
  const auto differ = [&]<typename Word>(size_t at, Word) { return load<Word>(&a[at]) ^ load<Word>(&b[at]); };
  size_t at = 0;
  for (; at + 64 <= most; at += 64) {
    const Pair all =
        differ(at, Pair{}) | differ(at + 16, Pair{}) | differ(at + 32, Pair{}) | differ(at + 48, Pair{});
    if ((all[0] | all[1]) != 0) break;
  }
  for (; at + 8 <= most; at += 8) {
    const uint64_t word = differ(at, uint64_t{});
    if (word == 0) continue;
    if constexpr (std::endian::native == std::endian::little)
      return at + static_cast<size_t>(std::countr_zero(word)) / 8;
    break;
  }
  while (at < most && a[at] == b[at]) ++at;
  return at;
}

inline std::string_view as_text(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace uwsgi_node
