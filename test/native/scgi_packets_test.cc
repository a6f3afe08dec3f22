// Every SCGI packet of test/packets through the parser, between guard pages: whole, cut short, and with a
// byte changed.
#include <memory>

#include "native/core/protocol/scgi.h"
#include "test/native/check.h"
#include "test/native/corpus.h"
#include "test/native/guarded.h"
#include "test/native/plain_scgi.h"

namespace uwsgi_node::test {
namespace {

std::string_view cut(Bytes block, uint16_t begin, uint16_t end) {
  CHECK(begin <= end);
  return as_text(block.subspan(begin, end - begin));
}

void check_against_plain_reader(Bytes block, char comma = ',') {
  const auto places = std::make_unique_for_overwrite<VarPlace[]>(kMaxVars);
  const Vars vars = scgi::parse_vars(block, static_cast<uint8_t>(comma), places.get());
  const PlainVars expected = read_scgi_plainly(as_text(block), comma);
  CHECK_EQ(vars.reason, expected.reason);
  CHECK((vars.status == ParseStatus::kComplete) == (expected.reason == InvalidReason::kNone));
  CHECK_EQ(vars.count, expected.vars.size());
  for (uint32_t i = 0; i < vars.count; ++i) {
    CHECK_EQ(cut(block, places[i].key_begin, places[i].key_end), expected.vars[i].first);
    CHECK_EQ(cut(block, places[i].value_begin, places[i].value_end), expected.vars[i].second);
  }
  if (vars.status == ParseStatus::kInvalid) return;
  CHECK_EQ(vars.has_content_length, expected.content_length.has_value());
  CHECK_EQ(vars.content_length, expected.content_length.value_or(0));
}

void check_damaged_blocks(std::string block) {
  if (block.size() > 1000) return;
  for (size_t size = 0; size < block.size(); ++size)
    check_against_plain_reader(Guarded(as_bytes(block).first(size), Guarded::Edge::kEnd).bytes());
  for (char& byte : block) {
    const char original = byte;
    for (const int other : {0, 1, 0xff, original ^ 1}) {
      byte = static_cast<char>(other);
      check_against_plain_reader(as_bytes(block));
    }
    byte = original;
  }
}

// The length of each prefix is "need more" until it is known, and then always the same.
void check_header_of_prefixes(const std::string& packet) {
  const scgi::Header whole = scgi::parse_header(as_bytes(packet));
  bool known = false;
  for (size_t size = 0; size <= std::min<size_t>(packet.size(), 20); ++size) {
    for (const Guarded::Edge edge : kBothEdges) {
      const Guarded prefix(as_bytes(packet).first(size), edge);
      const scgi::Header header = scgi::parse_header(prefix.bytes());
      if (header.status == ParseStatus::kNeedMore && !known) continue;
      known = true;
      CHECK_EQ(header.status, whole.status);
      CHECK_EQ(header.reason, whole.reason);
      CHECK_EQ(header.size, whole.size);
      CHECK_EQ(header.vars_size, whole.vars_size);
    }
  }
  CHECK(known);
}

void check_valid(const ValidPacket& packet) {
  const Bytes bytes = as_bytes(packet.bytes);
  const scgi::Header header = scgi::parse_header(bytes);
  CHECK_EQ(header.status, ParseStatus::kComplete);
  const size_t body_at = header.size + header.vars_size + 1;
  CHECK_EQ(as_text(bytes.subspan(body_at)), packet.body + packet.surplus);
  const Bytes block = bytes.subspan(header.size, header.vars_size);
  for (const Guarded::Edge edge : kBothEdges)
    check_against_plain_reader(Guarded(block, edge).bytes(), packet.bytes[body_at - 1]);
  const PlainVars expected = read_scgi_plainly(as_text(block), ',');
  CHECK(expected.vars == packet.vars);
  CHECK(expected.content_length == packet.content_length);
  check_damaged_blocks(std::string(as_text(block)));
}

void check_invalid(const InvalidPacket& packet) {
  const Bytes bytes = as_bytes(packet.bytes);
  const scgi::Header header = scgi::parse_header(bytes);
  if (header.status == ParseStatus::kInvalid) {
    CHECK_EQ(header.reason, packet.reason);
    return;
  }
  CHECK_EQ(header.status, ParseStatus::kComplete);
  CHECK(header.size + header.vars_size < bytes.size());
  const Bytes block = bytes.subspan(header.size, header.vars_size);
  const uint8_t comma = bytes[header.size + header.vars_size];
  const auto places = std::make_unique_for_overwrite<VarPlace[]>(kMaxVars);
  const Vars vars = scgi::parse_vars(Guarded(block, Guarded::Edge::kEnd).bytes(), comma, places.get());
  CHECK_EQ(vars.status, ParseStatus::kInvalid);
  CHECK_EQ(vars.reason, packet.reason);
  CHECK_EQ(vars.count, packet.vars_before);
  check_against_plain_reader(block, static_cast<char>(comma));
  check_damaged_blocks(std::string(as_text(block)));
}

[[maybe_unused]] const bool added = add_corpus("scgi", check_header_of_prefixes, check_valid, check_invalid);

}  // namespace
}  // namespace uwsgi_node::test
