// libFuzzer target for the FastCGI reader. The first byte of the input says in pieces of how many bytes the
// rest arrives (0: all at once); whatever the pieces, the head and the body must come out the same.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "native/core/protocol/fastcgi.h"

namespace uwsgi_node::test {
namespace {

constexpr size_t kMost = 4096;

struct Outcome {
  std::string block;
  std::string body;
  std::vector<int> steps;  // but those that only ask for more

  bool operator==(const Outcome&) const = default;
};

void read_vars(const std::string& block) {
  const auto places = std::make_unique<VarPlace[]>(kMaxVars);
  const Bytes bytes(reinterpret_cast<const uint8_t*>(block.data()), block.size());
  const Vars vars = fastcgi::parse_params(bytes, places.get());
  size_t end = 0;
  for (uint32_t i = 0; i < vars.count; ++i) {
    const VarPlace& place = places[i];
    if (place.key_begin < end || place.key_end <= place.key_begin || place.value_begin < place.key_end ||
        place.value_end < place.value_begin || place.value_end > block.size())
      abort();
    end = place.value_end;
  }
}

// What a connection does, as far as one request goes.
Outcome receive(Bytes packet, size_t piece) {
  Outcome outcome;
  fastcgi::Input input;
  std::vector<uint8_t> buffer;
  bool over = false;
  for (size_t got = 0; got < packet.size() && !over;) {
    const Bytes part = packet.subspan(got, std::min(piece, packet.size() - got));
    buffer.insert(buffer.end(), part.begin(), part.end());
    got += part.size();
    while (!input.has_head && !over) {
      const fastcgi::Progress progress = fastcgi::read_head(buffer, kMost, input);
      if (progress.step == fastcgi::Step::kNeedMore) {
        buffer.resize(fastcgi::drop_read_records(buffer, input));
        break;
      }
      outcome.steps.push_back(static_cast<int>(progress.step));
      over = progress.step == fastcgi::Step::kInvalid || progress.step == fastcgi::Step::kTooLarge ||
             progress.step == fastcgi::Step::kAborted;
      if (!input.has_head) continue;
      const auto begin = buffer.begin();
      outcome.block.assign(begin + static_cast<ptrdiff_t>(input.block_begin),
                           begin + static_cast<ptrdiff_t>(input.block_end));
      buffer.erase(begin, begin + static_cast<ptrdiff_t>(input.at));
    }
    while (input.has_head && !over && !buffer.empty()) {
      const fastcgi::Progress progress = fastcgi::read_stdin(buffer, input);
      if (progress.body > progress.taken || progress.taken > buffer.size()) abort();
      outcome.body.append(as_text(Bytes(buffer).first(progress.body)));
      buffer.erase(buffer.begin(), buffer.begin() + static_cast<ptrdiff_t>(progress.taken));
      over = progress.step != fastcgi::Step::kBody && progress.step != fastcgi::Step::kMultiplexed;
      if (progress.step != fastcgi::Step::kBody) outcome.steps.push_back(static_cast<int>(progress.step));
    }
  }
  read_vars(outcome.block);
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
  if (!(receive(packet, data[0]) == whole)) abort();
  return 0;
}
