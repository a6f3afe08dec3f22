#include "native/core/protocol/fastcgi.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <utility>

namespace uwsgi_node::fastcgi {
namespace {

constexpr uint16_t kResponder = 1;
constexpr uint8_t kKeepConnection = 1;

Progress invalid(InvalidReason reason) { return {.step = Step::kInvalid, .reason = reason}; }

Record record_at(const uint8_t* header) {
  return {static_cast<Type>(header[1]), load_u16be(header + 2), load_u16be(header + 4), header[6]};
}

// A length of FCGI_PARAMS: one byte, or four with the highest bit set. Returns where it ends, or SIZE_MAX.
size_t read_length(Bytes block, size_t at, uint32_t* length) {
  if (at >= block.size()) return SIZE_MAX;
  *length = block[at];
  if (*length < 0x80) return at + 1;
  if (block.size() - at < 4) return SIZE_MAX;
  *length = (*length & 0x7fu) << 24 | static_cast<uint32_t>(block[at + 1]) << 16 |
            static_cast<uint32_t>(block[at + 2]) << 8 | block[at + 3];
  return at + 4;
}

// Where the name-value pair at *at lies, which is moved behind it. False when it runs past the end.
bool next_pair(Bytes block, size_t* at, VarPlace* place) {
  uint32_t name = 0;
  uint32_t value = 0;
  size_t begin = *at + 2;
  if (begin <= block.size() && (block[*at] | block[*at + 1]) < 0x80) {  // nearly always
    name = block[*at];
    value = block[*at + 1];
  } else {
    begin = read_length(block, *at, &name);
    if (begin != SIZE_MAX) begin = read_length(block, begin, &value);
    if (begin == SIZE_MAX) return false;
  }
  const size_t name_end = begin + name;
  *at = name_end + value;
  if (*at > block.size()) return false;
  *place = {static_cast<uint16_t>(begin), static_cast<uint16_t>(name_end), static_cast<uint16_t>(name_end),
            static_cast<uint16_t>(*at)};
  return true;
}

// A record while no request is being read. Anything of a request that is not known is ignored (section 3.3).
Progress begin(const Record& record, Bytes content, Input& input) {
  if (record.id == 0) {
    const bool asks = record.type == Type::kGetValues;
    return {.step = asks ? Step::kValues : Step::kUnknownType, .record = record, .content = content};
  }
  if (record.type != Type::kBeginRequest) return {.step = Step::kNeedMore};
  if (content.size() < 8) return invalid(InvalidReason::kUnexpected);
  input.keep = (content[2] & kKeepConnection) != 0;
  if (load_u16be(content.data()) != kResponder) return {.step = Step::kUnknownRole, .record = record};
  input.id = record.id;
  return {.step = Step::kNeedMore};
}

// A record between FCGI_BEGIN_REQUEST and the end of the vars that is none of them.
Progress interrupt(const Record& record, const Input& input) {
  if (record.id != input.id) {
    const bool begins = record.type == Type::kBeginRequest;
    return {.step = begins ? Step::kMultiplexed : Step::kNeedMore, .record = record};
  }
  if (record.type == Type::kAbortRequest) return {.step = Step::kAborted, .record = record};
  return invalid(InvalidReason::kUnexpected);
}

// Vars, or a piece of them, whose bytes are at `content_at`.
void add_params(const Record& record, MutableBytes bytes, size_t content_at, Input& input) {
  if (input.block_end == input.block_begin) {
    input.block_begin = input.block_end = content_at;
  } else {
    std::memmove(&bytes[input.block_end], &bytes[content_at], record.content);
  }
  input.block_end += record.content;
}

}  // namespace

const VarsFormat kFormat{next_pair, 0};

bool first_record(Bytes bytes, Record* record) {
  if (bytes.size() < kHeaderSize) return false;
  *record = record_at(bytes.data());
  return record->size() <= bytes.size();
}

Progress read_head(MutableBytes bytes, size_t most, Input& input) {
  for (;;) {
    const size_t left = bytes.size() - input.at;
    if (left > 0 && bytes[input.at] != kVersion) return invalid(InvalidReason::kVersion);
    if (left < kHeaderSize) return {.step = Step::kNeedMore, .wanted = input.at + kHeaderSize};
    const Record record = record_at(&bytes[input.at]);
    // Told before the content is waited for.
    const size_t so_far = input.block_end - input.block_begin;
    if (record.type == Type::kParams && so_far + record.content > most && record.id == input.id)
      return {.step = Step::kTooLarge, .wanted = so_far + record.content};
    if (left < record.size()) return {.step = Step::kNeedMore, .wanted = input.at + record.size()};
    const size_t content_at = input.at + kHeaderSize;
    input.at += record.size();
    const bool begun = input.id != 0 && record.id != 0;
    if (begun && record.type == Type::kParams && record.id == input.id) {
      if (record.content == 0) return input.has_head = true, Progress{.step = Step::kHead};
      add_params(record, bytes, content_at, input);
      continue;
    }
    const Progress progress =
        begun ? interrupt(record, input) : begin(record, bytes.subspan(content_at, record.content), input);
    if (progress.step != Step::kNeedMore) return progress;
  }
}

size_t drop_read_records(MutableBytes bytes, Input& input) {
  const size_t block = input.block_end - input.block_begin;
  const size_t left = bytes.size() - input.at;
  if (block + left == bytes.size()) return bytes.size();
  if (block > 0) std::memmove(bytes.data(), &bytes[input.block_begin], block);
  if (left > 0) std::memmove(bytes.data() + block, &bytes[input.at], left);
  input.block_begin = 0;
  input.block_end = input.at = block;
  return block + left;
}

namespace {

// A record of stdin's time is known by its header.
Progress look_at(const Record& record, Input& input) {
  input.content_left = record.content;
  input.padding_left = record.padding;
  if (input.header[0] != kVersion) return invalid(InvalidReason::kVersion);
  if (record.id == 0) return {.step = Step::kBody};  // not in the midst of a request
  if (record.id != input.id) {
    const bool begins = record.type == Type::kBeginRequest;
    return {.step = begins ? Step::kMultiplexed : Step::kBody, .record = record};
  }
  if (record.type == Type::kAbortRequest) return {.step = Step::kAborted, .record = record};
  return record.type == Type::kStdin ? Progress{.step = Step::kBody} : invalid(InvalidReason::kUnexpected);
}

bool is_end_of_stdin(const Record& record, const Input& input) {
  return record.type == Type::kStdin && record.id == input.id && record.content == 0;
}

}  // namespace

Progress read_stdin(MutableBytes bytes, Input& input) {
  size_t body = 0;
  size_t at = 0;
  while (at < bytes.size() && !input.ended) {
    if (input.header_size < kHeaderSize) {
      const size_t part = std::min(bytes.size() - at, kHeaderSize - input.header_size);
      std::memcpy(input.header.data() + input.header_size, &bytes[at], part);
      input.header_size = static_cast<uint8_t>(input.header_size + part);
      at += part;
      if (input.header_size < kHeaderSize) break;
      Progress progress = look_at(record_at(input.header.data()), input);
      if (progress.step != Step::kBody) {
        progress.body = body;
        progress.taken = at;
        return progress;
      }
    }
    const Record record = record_at(input.header.data());
    const size_t content = std::min<size_t>(bytes.size() - at, input.content_left);
    if (record.type == Type::kStdin && record.id == input.id && content > 0) {
      if (body != at) std::memmove(&bytes[body], &bytes[at], content);
      body += content;
    }
    input.content_left = static_cast<uint16_t>(input.content_left - content);
    at += content;
    const size_t padding =
        input.content_left > 0 ? 0 : std::min<size_t>(bytes.size() - at, input.padding_left);
    input.padding_left = static_cast<uint8_t>(input.padding_left - padding);
    at += padding;
    if (input.content_left > 0 || input.padding_left > 0) break;
    input.header_size = 0;
    input.ended = is_end_of_stdin(record, input);
  }
  return {.step = input.ended ? Step::kEnd : Step::kBody, .body = body, .taken = at};
}

Vars parse_params(Bytes block, VarPlace* places) {
  Vars vars{ParseStatus::kComplete, InvalidReason::kNone, 0, false, 0};
  const auto malformed = [&](InvalidReason reason) {
    vars.status = ParseStatus::kInvalid;
    vars.reason = reason;
    return vars;
  };
  if (block.empty()) return malformed(InvalidReason::kNoVars);
  for (size_t at = 0; at < block.size();) {
    VarPlace place;
    if (!next_pair(block, &at, &place)) return malformed(InvalidReason::kTruncatedVar);
    if (place.key_begin == place.key_end) return malformed(InvalidReason::kEmptyKey);
    if (vars.count == kMaxVars) return malformed(InvalidReason::kTooManyVars);
    if (!note_var(key_of(block, place), value_of(block, place), &vars))
      return malformed(InvalidReason::kBadContentLength);
    places[vars.count++] = place;
  }
  return vars;
}

void write_header(uint8_t* at, Type type, uint16_t id, size_t content) {
  const uint8_t header[kHeaderSize] = {kVersion,
                                       static_cast<uint8_t>(type),
                                       static_cast<uint8_t>(id >> 8),
                                       static_cast<uint8_t>(id),
                                       static_cast<uint8_t>(content >> 8),
                                       static_cast<uint8_t>(content),
                                       0,
                                       0};
  std::memcpy(at, header, sizeof header);
}

void write_end_request(uint8_t* at, uint16_t id, EndStatus status) {
  write_header(at, Type::kEndRequest, id, 8);
  std::memset(at + kHeaderSize, 0, 8);
  at[kHeaderSize + 4] = static_cast<uint8_t>(status);
}

void write_end(uint8_t* at, uint16_t id) {
  write_header(at, Type::kStdout, id, 0);
  write_end_request(at + kHeaderSize, id, EndStatus::kComplete);
}

size_t write_values(uint8_t* at, Bytes names, uint32_t most) {
  size_t size = 0;
  const auto add = [&](std::string_view name, std::string_view value) {
    uint8_t* const pair = at + kHeaderSize + size;
    pair[0] = static_cast<uint8_t>(name.size());
    pair[1] = static_cast<uint8_t>(value.size());
    std::memcpy(pair + 2, name.data(), name.size());
    std::memcpy(pair + 2 + name.size(), value.data(), value.size());
    size += 2 + name.size() + value.size();
  };
  bool told[3] = {};
  char number[16];
  const int digits = snprintf(number, sizeof number, "%u", most);
  const std::string_view limit(number, static_cast<size_t>(digits));
  const std::pair<std::string_view, std::string_view> known[] = {
      {"FCGI_MAX_CONNS", limit}, {"FCGI_MAX_REQS", limit}, {"FCGI_MPXS_CONNS", "0"}};
  VarPlace asked;
  for (size_t from = 0; from < names.size() && next_pair(names, &from, &asked);) {
    for (size_t i = 0; i < 3; ++i) {
      if (told[i] || as_text(key_of(names, asked)) != known[i].first) continue;
      told[i] = true;
      add(known[i].first, known[i].second);
    }
  }
  write_header(at, Type::kGetValuesResult, 0, size);
  return kHeaderSize + size;
}

void write_unknown_type(uint8_t* at, Type type) {
  write_header(at, Type::kUnknownType, 0, 8);
  std::memset(at + kHeaderSize, 0, 8);
  at[kHeaderSize] = static_cast<uint8_t>(type);
}

}  // namespace uwsgi_node::fastcgi
