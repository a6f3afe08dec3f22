#include "native/core/protocol/scgi.h"

#include <algorithm>
#include <cstring>

namespace uwsgi_node::scgi {
namespace {

Header invalid(InvalidReason reason) { return {ParseStatus::kInvalid, reason, 0, 0}; }

// The bytes up to the next NUL at or behind *at, which is moved behind that. False when there is none.
bool next_text(Bytes block, size_t* at, Bytes* text) {
  const size_t left = block.size() - *at;
  const void* end = left == 0 ? nullptr : std::memchr(&block[*at], 0, left);
  if (end == nullptr) return false;
  const auto size = static_cast<size_t>(static_cast<const uint8_t*>(end) - &block[*at]);
  *text = block.subspan(*at, size);
  *at += size + 1;
  return true;
}

// Where the header at *at, whose name may be empty, lies.
bool next_var(Bytes block, size_t* at, VarPlace* place) {
  Bytes name;
  Bytes value;
  if (!next_text(block, at, &name) || !next_text(block, at, &value)) return false;
  const auto offset = [&](const uint8_t* byte) { return static_cast<uint16_t>(byte - block.data()); };
  *place = {offset(name.data()), offset(name.data() + name.size()), offset(value.data()),
            offset(value.data() + value.size())};
  return true;
}

}  // namespace

// A NUL behind each value.
const VarsFormat kFormat{next_var, 1};

Header parse_header(Bytes bytes) {
  if (looks_like_tls(bytes)) return invalid(InvalidReason::kTls);
  if (bytes.size() >= kForeignOpening && looks_like_http(bytes)) return invalid(InvalidReason::kHttp);
  size_t value = 0;
  for (size_t i = 0; i < std::min(bytes.size(), kMaxHeaderSize); ++i) {
    const unsigned digit = bytes[i] - unsigned{'0'};
    if (bytes[i] == ':' && i > 0) return {ParseStatus::kComplete, InvalidReason::kNone, i + 1, value};
    if (digit > 9 && (bytes.size() >= kForeignOpening || !may_be_foreign(bytes[0])))
      return invalid(InvalidReason::kNetstring);
    if (digit > 9) break;
    value = value * 10 + digit;
  }
  if (bytes.size() >= kMaxHeaderSize) return invalid(InvalidReason::kNetstring);
  return {ParseStatus::kNeedMore, InvalidReason::kNone, 0, 0};
}

Vars parse_vars(Bytes block, uint8_t comma, VarPlace* places) {
  Vars vars{ParseStatus::kComplete, InvalidReason::kNone, 0, false, 0};
  const auto malformed = [&](InvalidReason reason) {
    vars.status = ParseStatus::kInvalid;
    vars.reason = reason;
    return vars;
  };
  if (comma != ',') return malformed(InvalidReason::kNetstring);
  for (size_t at = 0; at < block.size();) {
    VarPlace place;
    if (!next_var(block, &at, &place)) return malformed(InvalidReason::kTruncatedVar);
    const Bytes name = key_of(block, place);
    if (name.empty()) return malformed(InvalidReason::kEmptyKey);
    if (vars.count == kMaxVars) return malformed(InvalidReason::kTooManyVars);
    if (vars.count == 0 && !is_name(name, "CONTENT_LENGTH"))
      return malformed(InvalidReason::kNoContentLength);
    if (!note_var(name, value_of(block, place), &vars)) return malformed(InvalidReason::kBadContentLength);
    places[vars.count++] = place;
  }
  return vars.count == 0 ? malformed(InvalidReason::kNoVars) : vars;
}

}  // namespace uwsgi_node::scgi
