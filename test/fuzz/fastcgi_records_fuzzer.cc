// libFuzzer target for the FastCGI reader. Whatever the pieces a packet comes in, the head and the body must
// come out the same; the vars lie in order, inside their block.
#include <memory>

#include "test/fuzz/in_pieces.h"
#include "test/native/fastcgi_receiver.h"

namespace uwsgi_node::test {
namespace {

constexpr size_t kMost = 4096;

void read_vars(const std::string& text) {
  const auto places = std::make_unique<VarPlace[]>(kMaxVars);
  const ExactCopy block({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
  const Vars vars = fastcgi::parse_params(block.get(), places.get());
  REQUIRE((vars.status == ParseStatus::kInvalid) == (vars.reason != InvalidReason::kNone));
  size_t end = 0;
  for (uint32_t i = 0; i < vars.count; ++i) {
    const VarPlace& place = places[i];
    REQUIRE(place.key_begin > end && place.key_end > place.key_begin);
    REQUIRE(place.value_begin == place.key_end && place.value_end >= place.value_begin);
    REQUIRE(place.value_end <= text.size());
    end = place.value_end;
  }
  if (vars.status == ParseStatus::kComplete) REQUIRE(end == text.size());
}

Received receive(Bytes packet, size_t piece) {
  const Received received = FastcgiReceiver(kMost).receive(packet, piece);
  REQUIRE(received.block.size() <= kMost);
  read_vars(received.block);
  return received;
}

}  // namespace
}  // namespace uwsgi_node::test

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return uwsgi_node::test::compare_pieces(data, size, uwsgi_node::test::receive);
}
