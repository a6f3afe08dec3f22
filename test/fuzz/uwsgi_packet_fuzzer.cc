// libFuzzer target for the uwsgi parser. Whatever the pieces a packet comes in, the outcome must be the same,
// and the same as a plain reader's.
#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "native/core/protocol/uwsgi.h"
#include "test/fuzz/in_pieces.h"
#include "test/native/plain_reader.h"

namespace uwsgi_node::test {
namespace {

struct Outcome {
  ParseStatus status = ParseStatus::kNeedMore;
  InvalidReason reason = InvalidReason::kNone;
  uint8_t modifier1 = 0;
  uint8_t modifier2 = 0;
  std::vector<std::pair<std::string, std::string>> vars;
  uint64_t content_length = 0;

  bool operator==(const Outcome&) const = default;
};

std::string cut(Bytes block, uint16_t begin, uint16_t end) {
  // The copy touches every byte that was handed out.
  return std::string(as_text(block.subspan(begin, end - begin)));
}

void read_vars(Bytes block, Outcome* outcome) {
  const ExactCopy copy(block);
  const auto places = std::make_unique<VarPlace[]>(block.size() / 5 + 1);
  const auto vars = uwsgi::parse_vars(copy.get(), places.get());
  REQUIRE(vars.status != ParseStatus::kNeedMore);
  REQUIRE((vars.status == ParseStatus::kInvalid) == (vars.reason != InvalidReason::kNone));

  size_t end = 0;
  for (uint32_t i = 0; i < vars.count; i++) {
    const VarPlace& place = places[i];
    REQUIRE(place.key_begin == end + 2 && place.key_end > place.key_begin);
    REQUIRE(place.value_begin == place.key_end + 2 && place.value_end >= place.value_begin);
    REQUIRE(place.value_end <= block.size());
    end = place.value_end;
    outcome->vars.emplace_back(cut(copy.get(), place.key_begin, place.key_end),
                               cut(copy.get(), place.value_begin, place.value_end));
  }
  if (vars.status == ParseStatus::kComplete) REQUIRE(end == block.size());

  const PlainVars expected = read_plainly(block);
  REQUIRE(vars.reason == expected.reason);
  REQUIRE(outcome->vars == expected.vars);
  if (vars.status == ParseStatus::kComplete) {
    REQUIRE(vars.has_content_length == expected.content_length.has_value());
    REQUIRE(vars.content_length == expected.content_length.value_or(0));
    REQUIRE(vars.content_length <= 9007199254740991u);
    outcome->content_length = vars.content_length;
  }
  outcome->status = vars.status;
  outcome->reason = vars.reason;
}

// What a connection does: look at all that has come each time more comes, until something is decided.
Outcome receive(Bytes packet, size_t piece) {
  Outcome outcome;
  uwsgi::Header header{};
  for (size_t got = 0; outcome.status == ParseStatus::kNeedMore && got < packet.size();) {
    got += std::min(piece, packet.size() - got);
    // A header that is known does not change; asking again for each byte of a long packet would only cost
    // time.
    if (header.status == ParseStatus::kNeedMore || got < 64) {
      header = uwsgi::parse_header(ExactCopy(packet.first(got)).get());
    }
    if (header.status == ParseStatus::kInvalid) {
      REQUIRE(header.reason == InvalidReason::kHttp || header.reason == InvalidReason::kTls);
      // Nothing that is served is ever taken for another protocol.
      REQUIRE(packet[0] != 0 && packet[0] != 30 && packet[0] != 100);
      outcome.status = header.status;
      outcome.reason = header.reason;
    } else if (header.status == ParseStatus::kComplete) {
      REQUIRE(got >= uwsgi::kHeaderSize);
      outcome.modifier1 = header.modifier1;
      outcome.modifier2 = header.modifier2;
      if (got - uwsgi::kHeaderSize < header.vars_size) continue;
      read_vars(packet.subspan(uwsgi::kHeaderSize, header.vars_size), &outcome);
    } else {
      REQUIRE(got < uwsgi::kHeaderSize);
    }
  }
  return outcome;
}

}  // namespace
}  // namespace uwsgi_node::test

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return uwsgi_node::test::compare_pieces(data, size, uwsgi_node::test::receive);
}
