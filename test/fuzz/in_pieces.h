// What the fuzzers have in common: the first byte of an input says in pieces of how many bytes the rest
// arrives (0: all at once), and whatever the pieces, the outcome must be the same.
#pragma once

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "native/core/bytes.h"

#define REQUIRE(condition)                                                 \
  do {                                                                     \
    if (!(condition)) {                                                    \
      std::fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                        \
    }                                                                      \
  } while (false)

namespace uwsgi_node::test {

// On the heap and no byte larger: AddressSanitizer sees every read beyond it.
class ExactCopy {
 public:
  explicit ExactCopy(Bytes bytes) : bytes_(new uint8_t[bytes.size()]), size_(bytes.size()) {
    if (size_ != 0) std::memcpy(bytes_.get(), bytes.data(), size_);
  }
  Bytes get() const { return {bytes_.get(), size_}; }

 private:
  std::unique_ptr<uint8_t[]> bytes_;
  size_t size_;
};

// The body of LLVMFuzzerTestOneInput. `receive` is called with the packet and the size of a piece.
template <typename Receive>
int compare_pieces(const uint8_t* data, size_t size, Receive receive) {
  if (size == 0) return 0;
  const Bytes packet(data + 1, size - 1);
  const auto whole = receive(packet, std::max<size_t>(packet.size(), 1));
  if (data[0] != 0) REQUIRE(receive(packet, data[0]) == whole);
  return 0;
}

}  // namespace uwsgi_node::test
