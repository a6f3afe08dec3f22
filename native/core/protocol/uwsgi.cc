#include "native/core/protocol/uwsgi.h"

namespace uwsgi_node::uwsgi {

namespace {

Header not_a_packet(InvalidReason reason) { return {ParseStatus::kInvalid, reason, 0, 0, 0}; }

Vars malformed(InvalidReason reason, uint32_t count) {
  return {ParseStatus::kInvalid, reason, count, false, 0};
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

    if (!note_var({bytes + key_begin, key_size}, {bytes + value_begin, value_size}, &vars))
      return malformed(InvalidReason::kBadContentLength, vars.count);

    places[vars.count++] = {static_cast<uint16_t>(key_begin), static_cast<uint16_t>(key_end),
                            static_cast<uint16_t>(value_begin), static_cast<uint16_t>(value_end)};
    at = value_end;
  } while (at != size);
  return vars;
}

}  // namespace uwsgi_node::uwsgi
