#include "native/core/protocol/uwsgi.h"

#include <cstring>

namespace uwsgi_node::uwsgi {

namespace {

// Number.MAX_SAFE_INTEGER: the length has to survive the trip to JavaScript.
constexpr uint64_t kMaxContentLength = (uint64_t{1} << 53) - 1;

constexpr std::string_view kContentLength = "CONTENT_LENGTH";

// The first four bytes of what HTTP clients send; "PRI " opens HTTP/2. As a header, "GET " is modifier1 71
// with 21573 bytes of vars. Nobody is refused by mistake: all of them are modifiers from A to Z, and only 0,
// 30 and 100 are served.
constexpr std::string_view kHttpOpenings[] = {"GET ", "POST", "HEAD", "PUT ", "DELE",
                                              "OPTI", "PATC", "CONN", "TRAC", "PRI "};

bool looks_like_http(Bytes bytes) {
  if (bytes[0] < 'A' || bytes[0] > 'Z') return false;
  const std::string_view opening = as_text(bytes.first(kHeaderSize));
  for (const std::string_view candidate : kHttpOpenings) {
    if (opening == candidate) return true;
  }
  return false;
}

// A handshake record (22) of SSL 3.0 to TLS 1.3: RFC 8446, section 5.1. Modifier1 22 (eval) is never served.
bool looks_like_tls(Bytes bytes) {
  return bytes.size() >= 3 && bytes[0] == 0x16 && bytes[1] == 0x03 && bytes[2] <= 0x04;
}

Header not_a_packet(InvalidReason reason) { return {ParseStatus::kInvalid, reason, 0, 0, 0}; }

Vars malformed(InvalidReason reason, uint32_t count) {
  return {ParseStatus::kInvalid, reason, count, false, 0};
}

// Stricter than uWSGI, which stops at the first byte that is no digit, and than RFC 9110, section 8.6, only
// in the cap: two servers that read one length differently is how requests are smuggled.
bool parse_content_length(Bytes digits, uint64_t* length) {
  uint64_t value = 0;
  for (const uint8_t byte : digits) {
    const unsigned digit = byte - unsigned{'0'};
    if (digit > 9) return false;
    value = value * 10 + digit;
    if (value > kMaxContentLength) return false;
  }
  *length = value;
  return true;
}

}  // namespace

Header parse_header(Bytes bytes) {
  if (looks_like_tls(bytes)) return not_a_packet(InvalidReason::kTls);
  if (bytes.size() < kHeaderSize) return {ParseStatus::kNeedMore, InvalidReason::kNone, 0, 0, 0};
  if (looks_like_http(bytes)) return not_a_packet(InvalidReason::kHttp);
  return {ParseStatus::kComplete, InvalidReason::kNone, bytes[0], bytes[3], load_u16le(&bytes[1])};
}

// uWSGI skips two bytes and reads on when a key runs past the end of the block, and ignores what is left over
// after the last var. Here both are malformed: a parser that resynchronises on garbage can be told what to
// see.
Vars parse_vars(Bytes block, VarPlace* places) {
  const uint8_t* const bytes = block.data();
  const size_t size = block.size();
  if (size == 0) return malformed(InvalidReason::kNoVars, 0);

  Vars vars{ParseStatus::kComplete, InvalidReason::kNone, 0, false, 0};
  size_t at = 0;
  do {
    const size_t key_begin = at + 2;
    if (key_begin > size) return malformed(InvalidReason::kTruncatedVar, vars.count);
    const size_t key_size = load_u16le(bytes + at);
    if (key_size == 0) return malformed(InvalidReason::kEmptyKey, vars.count);

    const size_t key_end = key_begin + key_size;
    const size_t value_begin = key_end + 2;
    if (value_begin > size) return malformed(InvalidReason::kTruncatedVar, vars.count);
    const size_t value_size = load_u16le(bytes + key_end);
    const size_t value_end = value_begin + value_size;
    if (value_end > size) return malformed(InvalidReason::kTruncatedVar, vars.count);

    if (key_size == kContentLength.size() &&
        std::memcmp(bytes + key_begin, kContentLength.data(), kContentLength.size()) == 0) {
      if (!parse_content_length(block.subspan(value_begin, value_size), &vars.content_length)) {
        return malformed(InvalidReason::kBadContentLength, vars.count);
      }
      vars.has_content_length = value_size != 0;
    }

    places[vars.count++] = {static_cast<uint16_t>(key_begin), static_cast<uint16_t>(key_end),
                            static_cast<uint16_t>(value_begin), static_cast<uint16_t>(value_end)};
    at = value_end;
  } while (at != size);
  return vars;
}

}  // namespace uwsgi_node::uwsgi
