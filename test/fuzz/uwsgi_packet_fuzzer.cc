// libFuzzer target for the uwsgi parser. The first byte of the input says in pieces of how many bytes the
// rest arrives (0: all at once); whatever the pieces, the outcome must be the same, and the same as a plain
// reader's.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "native/core/protocol/uwsgi.h"
#include "test/native/plain_reader.h"

namespace uwsgi_node::test {
namespace {

#define REQUIRE(condition)                                                 \
  do {                                                                     \
    if (!(condition)) {                                                    \
      std::fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                        \
    }                                                                      \
  } while (false)

// On the heap and no byte larger: AddressSanitizer sees every read beyond it.
class ExactCopy {
 public:
  explicit ExactCopy(Bytes bytes) : bytes_(new uint8_t[bytes.size()]), size_(bytes.size()) {
    if (size_ != 0) std::memcpy(bytes_.get(), bytes.data(), size_);
  }
  Bytes get() const { return {bytes_.get(), size_}; }

 private:
  std::unique_ptr<uint8_t[]> bytes_;
  size_t size_;
};

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
  using namespace uwsgi_node::test;
  if (size == 0) return 0;
  const uwsgi_node::Bytes packet(data + 1, size - 1);
  const Outcome whole = receive(packet, std::max<size_t>(packet.size(), 1));
  if (data[0] == 0) return 0;
  const Outcome pieces = receive(packet, data[0]);
  REQUIRE(pieces == whole);
  return 0;
}
