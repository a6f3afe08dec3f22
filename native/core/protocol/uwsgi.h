// The uwsgi packet: u8 modifier1, u16le size, u8 modifier2, then `size` bytes of vars, then CONTENT_LENGTH
// bytes of body. Pure functions over a span: no I/O, no allocation, no state between calls.
#pragma once

#include <cstdint>

#include "native/core/bytes.h"

namespace uwsgi_node::uwsgi {

constexpr size_t kHeaderSize = 4;
constexpr size_t kMaxVarsSize = 65535;
// A var is at least two lengths and one byte of key.
constexpr size_t kMaxVars = kMaxVarsSize / 5;

enum class ParseStatus : uint8_t { kNeedMore, kComplete, kInvalid };

enum class InvalidReason : uint8_t {
  kNone,
  kEmptyKey,          // a key of length 0
  kTruncatedVar,      // a length, key or value runs past the end of the block
  kBadContentLength,  // CONTENT_LENGTH with anything but digits, or over 2^53 - 1
  kNoVars,            // an empty block; a ping (modifier1 100) has one, so its block is never parsed
  kHttp,              // an HTTP request line instead of a packet
  kTls,               // a TLS ClientHello instead of a packet
};

// Where one var lies, as offsets from the start of the vars block. Shared with JavaScript as four uint16 in a
// row.
struct VarPlace {
  uint16_t key_begin;
  uint16_t key_end;
  uint16_t value_begin;
  uint16_t value_end;
};
static_assert(sizeof(VarPlace) == 8);

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

struct Vars {
  ParseStatus status;  // kComplete or kInvalid
  InvalidReason reason;
  uint32_t count;           // entries written to `places`
  bool has_content_length;  // a non-empty CONTENT_LENGTH
  uint64_t content_length;  // of the last CONTENT_LENGTH; empty counts as 0
};

// Reads a whole vars block (`block.size()` is the header's vars_size). `places` has room for kMaxVars
// entries, ordered and without overlap. After kInvalid `count` tells how many vars came before the bad one.
Vars parse_vars(Bytes block, VarPlace* places);

}  // namespace uwsgi_node::uwsgi
