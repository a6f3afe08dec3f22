// The uwsgi packet: u8 modifier1, u16le size, u8 modifier2, then `size` bytes of vars, then CONTENT_LENGTH
// bytes of body. Pure functions over a span: no I/O, no allocation, no state between calls.
#pragma once

#include <cstdint>

#include "native/core/protocol/vars.h"

namespace uwsgi_node::uwsgi {

constexpr size_t kHeaderSize = 4;

struct Header {
  ParseStatus status;
  InvalidReason reason;  // kHttp or kTls when invalid
  uint8_t modifier1;
  uint8_t modifier2;
  uint16_t vars_size;
};

// Reads the header. `bytes` starts at the packet's first byte and may hold anything from 0 bytes to the whole
// packet. kInvalid only for kHttp and kTls, decided as soon as enough bytes tell them apart from a packet.
Header parse_header(Bytes bytes);

extern const VarsFormat kFormat;

// Reads a whole vars block (`block.size()` is the header's vars_size). `places` has room for kMaxVars
// entries, ordered and without overlap. After kInvalid `count` tells how many vars came before the bad one.
Vars parse_vars(Bytes block, VarPlace* places);

}  // namespace uwsgi_node::uwsgi
