// Every FastCGI packet of test/packets through the reader of records, whole and in pieces, and its vars
// through the parser, between guard pages, cut short and with a byte changed.
#include <map>
#include <memory>

#include "test/native/check.h"
#include "test/native/corpus.h"
#include "test/native/fastcgi_receiver.h"
#include "test/native/guarded.h"

namespace uwsgi_node::test {
namespace {

constexpr size_t kMost = kMaxVarsSize;

Received receive(const std::string& bytes, size_t piece) {
  return FastcgiReceiver(kMost).receive(as_bytes(bytes), piece);
}

std::vector<fastcgi::Step> steps_of(const ValidPacket& packet) {
  using fastcgi::Step;
  static const std::map<std::string, Step> steps = {
      {"head", Step::kHead},
      {"end", Step::kEnd},
      {"aborted", Step::kAborted},
      {"multiplexed", Step::kMultiplexed},
      {"unknown-role", Step::kUnknownRole},
      {"values", Step::kValues},
      {"unknown-type", Step::kUnknownType},
  };
  std::vector<Step> all;
  for (const std::string& step : packet.steps) all.push_back(steps.at(step));
  return all;
}

// The places of the vars lie in order, inside the block, whatever is in it.
Vars parse(Bytes block, VarPlace* places) {
  const Vars vars = fastcgi::parse_params(block, places);
  size_t end = 0;
  for (uint32_t i = 0; i < vars.count; ++i) {
    CHECK(places[i].key_begin > end && places[i].key_end > places[i].key_begin);
    CHECK_EQ(places[i].value_begin, places[i].key_end);
    CHECK(places[i].value_end >= places[i].value_begin && places[i].value_end <= block.size());
    end = places[i].value_end;
  }
  CHECK((vars.status == ParseStatus::kInvalid) == (vars.reason != InvalidReason::kNone));
  return vars;
}

void check_damaged_blocks(std::string block) {
  if (block.size() > 1000) return;
  const auto places = std::make_unique_for_overwrite<VarPlace[]>(kMaxVars);
  for (size_t size = 0; size < block.size(); ++size)
    parse(Guarded(as_bytes(block).first(size), Guarded::Edge::kEnd).bytes(), places.get());
  for (char& byte : block) {
    const char original = byte;
    for (const int other : {0, 1, 0x7f, 0x80, 0xff, original ^ 1}) {
      byte = static_cast<char>(other);
      parse(as_bytes(block), places.get());
    }
    byte = original;
  }
}

void check_pieces(const std::string& bytes, const Received& whole) {
  for (const size_t piece : {1u, 2u, 7u, 8u, 9u, 64u, 1000u}) {
    if (bytes.size() / piece < 20'000) CHECK(receive(bytes, piece) == whole);
  }
}

void check_valid(const ValidPacket& packet) {
  const Received whole = receive(packet.bytes, packet.bytes.size());
  CHECK(whole.steps == steps_of(packet));
  check_pieces(packet.bytes, whole);
  if (packet.steps.back() != "end") return;
  CHECK_EQ(whole.keep, packet.keep);
  CHECK_EQ(whole.body, packet.body + packet.surplus);
  for (const Guarded::Edge edge : kBothEdges) {
    const Guarded block(as_bytes(whole.block), edge);
    const auto places = std::make_unique_for_overwrite<VarPlace[]>(kMaxVars);
    const Vars vars = parse(block.bytes(), places.get());
    CHECK_EQ(vars.status, ParseStatus::kComplete);
    CHECK_EQ(vars.count, packet.vars.size());
    for (uint32_t i = 0; i < vars.count; ++i) {
      const VarPlace& place = places[i];
      CHECK_EQ(as_text(block.bytes().subspan(place.key_begin, place.key_end - place.key_begin)),
               packet.vars[i].first);
      CHECK_EQ(as_text(block.bytes().subspan(place.value_begin, place.value_end - place.value_begin)),
               packet.vars[i].second);
    }
    CHECK_EQ(vars.has_content_length, packet.content_length.has_value());
    CHECK_EQ(vars.content_length, packet.content_length.value_or(0));
  }
  check_damaged_blocks(whole.block);
}

void check_invalid(const InvalidPacket& packet) {
  const bool is_http = looks_like_http(as_bytes(packet.bytes));
  const bool is_tls = looks_like_tls(as_bytes(packet.bytes));
  CHECK_EQ(is_http, packet.reason == InvalidReason::kHttp);
  CHECK_EQ(is_tls, packet.reason == InvalidReason::kTls);
  if (is_http || is_tls) return;
  const Received whole = receive(packet.bytes, packet.bytes.size());
  check_pieces(packet.bytes, whole);
  if (whole.steps.empty() || whole.steps.back() == fastcgi::Step::kInvalid) {
    CHECK_EQ(whole.reason, packet.reason);
    return;
  }
  CHECK(whole.steps.back() == fastcgi::Step::kEnd);
  const auto places = std::make_unique_for_overwrite<VarPlace[]>(kMaxVars);
  const Vars vars = parse(Guarded(as_bytes(whole.block), Guarded::Edge::kEnd).bytes(), places.get());
  if (packet.reason == InvalidReason::kShortBody) {
    CHECK_EQ(vars.status, ParseStatus::kComplete);
    CHECK(whole.body.size() < vars.content_length);
    return;
  }
  CHECK_EQ(vars.reason, packet.reason);
  CHECK_EQ(vars.count, packet.vars_before);
  check_damaged_blocks(whole.block);
}

bool add_corpus() {
  for (const ValidPacket& packet : valid_packets("fastcgi"))
    add_case(packet.name, [packet] { check_valid(packet); });
  for (const InvalidPacket& packet : invalid_packets("fastcgi"))
    add_case(packet.name, [packet] { check_invalid(packet); });
  return true;
}
[[maybe_unused]] const bool added = add_corpus();

}  // namespace
}  // namespace uwsgi_node::test
