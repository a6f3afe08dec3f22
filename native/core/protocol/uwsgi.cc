#include "native/core/protocol/uwsgi.h"

namespace uwsgi_node::uwsgi {

namespace {

Header not_a_packet(InvalidReason reason) { return {ParseStatus::kInvalid, reason, 0, 0, 0}; }

Vars malformed(InvalidReason reason, uint32_t count) {
  return {ParseStatus::kInvalid, reason, count, false, 0};
}

// The var at *at, whose key may be empty.
bool next_var(Bytes block, size_t* at, VarPlace* place) {
  const size_t key_begin = *at + 2;
  if (key_begin > block.size()) return false;
  const size_t key_end = key_begin + load_u16le(&block[*at]);
  const size_t value_begin = key_end + 2;
  if (value_begin > block.size()) return false;
  const size_t value_end = value_begin + load_u16le(&block[key_end]);
  if (value_end > block.size()) return false;
  *place = {static_cast<uint16_t>(key_begin), static_cast<uint16_t>(key_end),
            static_cast<uint16_t>(value_begin), static_cast<uint16_t>(value_end)};
  *at = value_end;
  return true;
}

}  // namespace

const VarsFormat kFormat{next_var, 0};

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
  if (block.empty()) return malformed(InvalidReason::kNoVars, 0);

  Vars vars{ParseStatus::kComplete, InvalidReason::kNone, 0, false, 0};
  for (size_t at = 0; at < block.size();) {
    VarPlace place;
    if (block.size() - at >= 2 && load_u16le(&block[at]) == 0)
      return malformed(InvalidReason::kEmptyKey, vars.count);
    if (!next_var(block, &at, &place)) return malformed(InvalidReason::kTruncatedVar, vars.count);
    if (!note_var(key_of(block, place), value_of(block, place), &vars))
      return malformed(InvalidReason::kBadContentLength, vars.count);
    places[vars.count++] = place;
  }
  return vars;
}

}  // namespace uwsgi_node::uwsgi
