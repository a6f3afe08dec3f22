// libFuzzer target for the SCGI parser. Whatever the pieces a packet comes in, the outcome must be the same,
// and the same as a plain reader's.
#include <memory>

#include "native/core/protocol/scgi.h"
#include "test/fuzz/in_pieces.h"
#include "test/native/plain_scgi.h"

namespace uwsgi_node::test {
namespace {

struct Outcome {
  ParseStatus status = ParseStatus::kNeedMore;
  InvalidReason reason = InvalidReason::kNone;
  std::vector<std::pair<std::string, std::string>> vars;
  uint64_t content_length = 0;

  bool operator==(const Outcome&) const = default;
};

std::string cut(Bytes block, uint16_t begin, uint16_t end) {
  // The copy touches every byte that was handed out.
  return std::string(as_text(block.subspan(begin, end - begin)));
}

void read_vars(Bytes block, uint8_t comma, Outcome* outcome) {
  const ExactCopy copy(block);
  const auto places = std::make_unique<VarPlace[]>(kMaxVars);
  const Vars vars = scgi::parse_vars(copy.get(), comma, places.get());
  size_t end = 0;
  for (uint32_t i = 0; i < vars.count; ++i) {
    const VarPlace& place = places[i];
    REQUIRE(place.key_begin == end && place.key_end > place.key_begin);
    REQUIRE(place.value_begin == place.key_end + 1 && place.value_end >= place.value_begin);
    REQUIRE(place.value_end < block.size());
    end = place.value_end + size_t{1};
    outcome->vars.emplace_back(cut(copy.get(), place.key_begin, place.key_end),
                               cut(copy.get(), place.value_begin, place.value_end));
  }
  const PlainVars expected = read_scgi_plainly(as_text(block), static_cast<char>(comma));
  REQUIRE(vars.reason == expected.reason);
  REQUIRE(outcome->vars == expected.vars);
  if (vars.status == ParseStatus::kComplete) {
    REQUIRE(end == block.size());
    REQUIRE(vars.has_content_length == expected.content_length.has_value());
    REQUIRE(vars.content_length == expected.content_length.value_or(0));
    outcome->content_length = vars.content_length;
  }
  outcome->status = vars.status;
  outcome->reason = vars.reason;
}

// What a connection does: look at all that has come each time more comes, until something is decided.
Outcome receive(Bytes packet, size_t piece) {
  Outcome outcome;
  for (size_t got = 0; outcome.status == ParseStatus::kNeedMore && got < packet.size();) {
    got += std::min(piece, packet.size() - got);
    const scgi::Header header = scgi::parse_header(ExactCopy(packet.first(got)).get());
    outcome.reason = header.reason;
    if (header.status == ParseStatus::kInvalid) outcome.status = header.status;
    if (header.status != ParseStatus::kComplete) continue;
    REQUIRE(header.size >= 2 && header.size <= scgi::kMaxHeaderSize && header.vars_size < 10'000'000);
    if (header.vars_size > kMaxVarsSize) {
      outcome.status = ParseStatus::kInvalid;
    } else if (got - header.size > header.vars_size) {
      read_vars(packet.subspan(header.size, header.vars_size), packet[header.size + header.vars_size],
                &outcome);
    }
  }
  return outcome;
}

}  // namespace
}  // namespace uwsgi_node::test

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return uwsgi_node::test::compare_pieces(data, size, uwsgi_node::test::receive);
}
