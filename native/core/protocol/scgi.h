// SCGI: a netstring of headers (`70:` headers `,`), each a name and a value that end with NUL, then
// CONTENT_LENGTH bytes of body. Pure functions over a span: no I/O, no allocation, no state between calls.
#pragma once

#include <cstdint>

#include "native/core/protocol/vars.h"

namespace uwsgi_node::scgi {

// A length has up to seven digits; more than that is over every limit.
constexpr size_t kMaxHeaderSize = 8;

struct Header {
  ParseStatus status;
  InvalidReason reason;
  size_t size;       // of the length and its colon
  size_t vars_size;  // what the length says
};

// Reads the netstring's length. `bytes` starts at the packet's first byte.
Header parse_header(Bytes bytes);

extern const VarsFormat kFormat;

// Reads a whole block of headers and the comma behind it. `places` has room for kMaxVars entries.
Vars parse_vars(Bytes block, uint8_t comma, VarPlace* places);

}  // namespace uwsgi_node::scgi
