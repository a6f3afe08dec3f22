// Every uwsgi packet of test/packets through the parser, between guard pages: whole, cut short, and with a
// byte changed.
#include <algorithm>
#include <memory>

#include "native/core/protocol/uwsgi.h"
#include "test/native/check.h"
#include "test/native/corpus.h"
#include "test/native/guarded.h"
#include "test/native/plain_reader.h"

namespace uwsgi_node::test {
namespace {

// Exactly the room the contract asks for, on the heap: AddressSanitizer sees one entry too many. The same for
// all parses, for it hands out fresh memory each time, and there are tens of thousands.
VarPlace* exact_room() {
  static const auto room = std::make_unique_for_overwrite<VarPlace[]>(kMaxVars);
  return room.get();
}

std::string_view cut(Bytes block, uint16_t begin, uint16_t end) {
  CHECK(begin <= end);
  return as_text(block.subspan(begin, end - begin));
}

void check_against_plain_reader(Bytes block) {
  VarPlace* const places = exact_room();
  const auto vars = uwsgi::parse_vars(block, places);
  const PlainVars expected = read_plainly(block);
  CHECK_EQ(vars.reason, expected.reason);
  CHECK(vars.status ==
        (expected.reason == InvalidReason::kNone ? ParseStatus::kComplete : ParseStatus::kInvalid));
  CHECK_EQ(vars.count, expected.vars.size());
  for (uint32_t i = 0; i < vars.count; i++) {
    CHECK_EQ(cut(block, places[i].key_begin, places[i].key_end), expected.vars[i].first);
    CHECK_EQ(cut(block, places[i].value_begin, places[i].value_end), expected.vars[i].second);
  }
  if (vars.status == ParseStatus::kInvalid) return;
  CHECK_EQ(vars.has_content_length, expected.content_length.has_value());
  CHECK_EQ(vars.content_length, expected.content_length.value_or(0));
}

// The header of each prefix is "need more" until it is known, and then always the same.
void check_header_of_prefixes(const std::string& packet) {
  const uwsgi::Header whole = uwsgi::parse_header(as_bytes(packet));
  const size_t known_after = whole.reason == InvalidReason::kTls ? 3 : uwsgi::kHeaderSize;
  for (size_t size = 0; size <= std::min<size_t>(packet.size(), 40); size++) {
    for (const Guarded::Edge edge : kBothEdges) {
      const Guarded prefix(as_bytes(packet).first(size), edge);
      const uwsgi::Header header = uwsgi::parse_header(prefix.bytes());
      if (size < known_after) {
        CHECK_EQ(header.status, ParseStatus::kNeedMore);
        continue;
      }
      CHECK_EQ(header.status, whole.status);
      CHECK_EQ(header.reason, whole.reason);
      CHECK_EQ(header.modifier1, whole.modifier1);
      CHECK_EQ(header.vars_size, whole.vars_size);
      CHECK_EQ(header.modifier2, whole.modifier2);
    }
  }
}

// Guard pages and copies cost: a large block is cut at every 997th byte only, and at its ends.
void check_shorter_blocks(Bytes block) {
  const size_t step = block.size() > 2000 ? 997 : 1;
  for (size_t size = 0; size<block.size(); size += size + 4> block.size() ? 1 : step) {
    check_against_plain_reader(Guarded(block.first(size), Guarded::Edge::kEnd).bytes());
  }
}

void check_changed_bytes(Bytes block) {
  if (block.size() > 1000) return;
  std::string changed(as_text(block));
  for (char& byte : changed) {
    const char original = byte;
    for (const int other : {0, 1, 0xff, original ^ 1, original ^ 0x80}) {
      byte = static_cast<char>(other);
      check_against_plain_reader(as_bytes(changed));
    }
    byte = original;
  }
}

void check_valid(const ValidPacket& packet) {
  const Bytes bytes = as_bytes(packet.bytes);
  const uwsgi::Header header = uwsgi::parse_header(bytes);
  CHECK_EQ(header.status, ParseStatus::kComplete);
  CHECK_EQ(header.reason, InvalidReason::kNone);
  CHECK_EQ(int{header.modifier1}, int{packet.modifier1});
  CHECK_EQ(int{header.modifier2}, int{packet.modifier2});
  CHECK_EQ(uwsgi::kHeaderSize + header.vars_size + packet.body.size() + packet.surplus.size(), bytes.size());
  // A ping and whatever else carries no vars is never asked for them.
  if (packet.vars.empty()) return;

  const Bytes block = bytes.subspan(uwsgi::kHeaderSize, header.vars_size);
  for (const Guarded::Edge edge : kBothEdges) {
    const Guarded copy(block, edge);
    VarPlace* const places = exact_room();
    const auto vars = uwsgi::parse_vars(copy.bytes(), places);
    CHECK_EQ(vars.status, ParseStatus::kComplete);
    CHECK_EQ(vars.reason, InvalidReason::kNone);
    CHECK_EQ(vars.count, packet.vars.size());
    for (uint32_t i = 0; i < vars.count; i++) {
      CHECK_EQ(cut(copy.bytes(), places[i].key_begin, places[i].key_end), packet.vars[i].first);
      CHECK_EQ(cut(copy.bytes(), places[i].value_begin, places[i].value_end), packet.vars[i].second);
    }
    CHECK_EQ(vars.has_content_length, packet.content_length.has_value());
    CHECK_EQ(vars.content_length, packet.content_length.value_or(0));
  }
  check_shorter_blocks(block);
  check_changed_bytes(block);
}

void check_invalid(const InvalidPacket& packet) {
  const Bytes bytes = as_bytes(packet.bytes);
  const uwsgi::Header header = uwsgi::parse_header(bytes);
  if (header.status == ParseStatus::kInvalid) {
    CHECK_EQ(header.reason, packet.reason);
    return;
  }
  CHECK_EQ(header.status, ParseStatus::kComplete);
  CHECK(uwsgi::kHeaderSize + header.vars_size <= bytes.size());
  for (const Guarded::Edge edge : kBothEdges) {
    const Guarded block(bytes.subspan(uwsgi::kHeaderSize, header.vars_size), edge);
    VarPlace* const places = exact_room();
    const auto vars = uwsgi::parse_vars(block.bytes(), places);
    CHECK_EQ(vars.status, ParseStatus::kInvalid);
    CHECK_EQ(vars.reason, packet.reason);
    CHECK_EQ(vars.count, packet.vars_before);
    check_against_plain_reader(block.bytes());
  }
  check_changed_bytes(bytes.subspan(uwsgi::kHeaderSize, header.vars_size));
}

[[maybe_unused]] const bool added = add_corpus("", check_header_of_prefixes, check_valid, check_invalid);

}  // namespace
}  // namespace uwsgi_node::test
