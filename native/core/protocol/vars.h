// What the protocols have in common: a request's vars, as places in a block of bytes that a peer has sent.
#pragma once

#include <cstdint>
#include <cstring>

#include "native/core/bytes.h"

namespace uwsgi_node {

// Mirrored in src/native.ts.
enum class Protocol : uint8_t { kUwsgi, kFastcgi, kScgi };

enum class ParseStatus : uint8_t { kNeedMore, kComplete, kInvalid };

// Mirrored in src/thread/rejections.ts.
enum class InvalidReason : uint8_t {
  kNone,
  kEmptyKey,          // a key of length 0
  kTruncatedVar,      // a length, key or value runs past the end of the block
  kBadContentLength,  // CONTENT_LENGTH with anything but digits, or over 2^53 - 1
  kNoVars,            // an empty block
  kHttp,              // an HTTP request line instead of a packet
  kTls,               // a TLS ClientHello instead of a packet
  kTooManyVars,       // more than kMaxVars
  kVersion,           // FastCGI: a record of another version than 1
  kUnexpected,        // FastCGI: a record that does not belong where it is
  kShortBody,         // FastCGI: stdin ended before CONTENT_LENGTH bytes had come
  kNetstring,         // SCGI: the headers are not a netstring
  kNoContentLength,   // SCGI: the first header is not CONTENT_LENGTH
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

inline Bytes key_of(Bytes block, const VarPlace& place) {
  return {block.data() + place.key_begin, static_cast<size_t>(place.key_end - place.key_begin)};
}

inline Bytes value_of(Bytes block, const VarPlace& place) {
  return {block.data() + place.value_begin, static_cast<size_t>(place.value_end - place.value_begin)};
}

// Offsets into a block have 16 bits.
constexpr size_t kMaxVarsSize = 65535;
// In uwsgi a var is at least two lengths and one byte of key.
constexpr size_t kMaxVars = kMaxVarsSize / 5;

struct Vars {
  ParseStatus status;  // kComplete or kInvalid
  InvalidReason reason;
  uint32_t count;           // entries written to `places`
  bool has_content_length;  // a non-empty CONTENT_LENGTH
  uint64_t content_length;  // of the last CONTENT_LENGTH; empty counts as 0
  // Which var has the name: 1 for the first, 0 for none. Of several the last.
  uint16_t request_method = 0;
  uint16_t remote_addr = 0;
  uint16_t request_uri = 0;
  uint16_t path_info = 0;
  uint16_t content_length_at = 0;
};

// How a protocol puts vars into a block.
struct VarsFormat {
  // Where the var at *at lies; moves *at behind it. False when it runs past the end.
  bool (*next)(Bytes block, size_t* at, VarPlace* place);
  // Bytes between the end of a value and the next var.
  uint16_t gap;
};

// False for anything but digits, and over 2^53 - 1.
bool parse_content_length(Bytes digits, uint64_t* length);

// The length first: most names are told apart by it.
template <size_t Size>
bool is_name(Bytes key, const char (&name)[Size]) {
  return key.size() == Size - 1 && std::memcmp(key.data(), name, Size - 1) == 0;
}

// Takes a var, number `vars->count`, that matters to the server. False: a CONTENT_LENGTH that is none.
inline bool note_var(Bytes key, Bytes value, Vars* vars) {
  const auto number = static_cast<uint16_t>(vars->count + 1);
  if (is_name(key, "PATH_INFO")) {
    vars->path_info = number;
  } else if (is_name(key, "REQUEST_URI")) {
    vars->request_uri = number;
  } else if (is_name(key, "REMOTE_ADDR")) {
    vars->remote_addr = number;
  } else if (is_name(key, "REQUEST_METHOD")) {
    vars->request_method = number;
  } else if (is_name(key, "CONTENT_LENGTH")) {
    if (!parse_content_length(value, &vars->content_length)) return false;
    vars->has_content_length = !value.empty();
    vars->content_length_at = number;
  }
  return true;
}

// What HTTP clients send first; needs 4 bytes.
bool opens_http(Bytes bytes);
inline bool looks_like_http(Bytes bytes) { return bytes[0] >= 'A' && bytes[0] <= 'Z' && opens_http(bytes); }

// A handshake record (22) of SSL 3.0 to TLS 1.3: RFC 8446, section 5.1. Modifier1 22 (eval) is never served.
inline bool looks_like_tls(Bytes bytes) {
  return bytes.size() >= 3 && bytes[0] == 0x16 && bytes[1] == 0x03 && bytes[2] <= 0x04;
}

// Enough bytes to know HTTP or TLS by.
constexpr size_t kForeignOpening = 4;
// What HTTP or TLS begins with: some bytes more will tell.
inline bool may_be_foreign(uint8_t first) { return (first >= 'A' && first <= 'Z') || first == 0x16; }

}  // namespace uwsgi_node
