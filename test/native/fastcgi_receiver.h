// What a connection does with one FastCGI request, as far as native/core/protocol/fastcgi.h goes: for tests
// and the fuzzer, which hold what comes of a packet in pieces against what comes of it whole.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

#include "native/core/protocol/fastcgi.h"

namespace uwsgi_node::test {

struct Received {
  std::string block;  // of vars
  std::string body;   // all of stdin
  bool keep = false;
  std::vector<fastcgi::Step> steps;  // but those that only ask for more
  InvalidReason reason = InvalidReason::kNone;

  bool operator==(const Received&) const = default;
};

class FastcgiReceiver {
 public:
  explicit FastcgiReceiver(size_t most) : most_(most) {}

  Received receive(Bytes packet, size_t piece) {
    for (size_t got = 0; got < packet.size() && !over_;) {
      const Bytes part = packet.subspan(got, std::min(piece, packet.size() - got));
      buffer_.insert(buffer_.end(), part.begin(), part.end());
      got += part.size();
      if (!input_.has_head) read_head();
      if (input_.has_head) read_stdin();
    }
    return received_;
  }

 private:
  using Step = fastcgi::Step;

  void note(const fastcgi::Progress& progress) {
    received_.steps.push_back(progress.step);
    received_.reason = progress.reason;
    over_ = progress.step == Step::kInvalid || progress.step == Step::kTooLarge ||
            progress.step == Step::kAborted || progress.step == Step::kEnd;
  }

  void read_head() {
    while (!input_.has_head && !over_) {
      const fastcgi::Progress progress = fastcgi::read_head(buffer_, most_, input_);
      if (progress.step == Step::kNeedMore) {
        buffer_.resize(fastcgi::drop_read_records(buffer_, input_));
        return;
      }
      note(progress);
    }
    received_.keep = input_.keep;
    if (!input_.has_head) return;
    const auto begin = buffer_.begin();
    received_.block.assign(begin + static_cast<ptrdiff_t>(input_.block_begin),
                           begin + static_cast<ptrdiff_t>(input_.block_end));
    buffer_.erase(begin, begin + static_cast<ptrdiff_t>(input_.at));
  }

  void read_stdin() {
    while (!over_ && !buffer_.empty()) {
      const fastcgi::Progress progress = fastcgi::read_stdin(buffer_, input_);
      if (progress.body > progress.taken || progress.taken > buffer_.size()) abort();
      received_.body.append(as_text(Bytes(buffer_).first(progress.body)));
      buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<ptrdiff_t>(progress.taken));
      if (progress.step != Step::kBody) note(progress);
    }
  }

  const size_t most_;
  fastcgi::Input input_;
  std::vector<uint8_t> buffer_;
  Received received_;
  bool over_ = false;
};

}  // namespace uwsgi_node::test
