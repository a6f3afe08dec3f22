// An engine and the exchange of kept connections: what it offers and how that backs off, what it takes, and
// what it leaves behind.
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "native/core/clock.h"
#include "native/core/engine.h"
#include "native/core/exchange.h"
#include "test/native/check.h"
#include "test/native/fastcgi_rig.h"

namespace uwsgi_node::test {
namespace {

constexpr uint64_t kMs = 1'000'000;
const Vars kVars = {{"REQUEST_METHOD", "GET"}, {"SCRIPT_NAME", "/x"}};

struct Exchange {
  Exchange() { CHECK(make_exchange(&give, &take)); }
  ~Exchange() {
    close(give);
    close(take);
  }
  int give = -1;
  int take = -1;
};

EngineSettings with(const Exchange& exchange, bool shares) {
  EngineSettings settings = Rig::patient();
  settings.exchange = exchange.give;
  settings.shares = shares;
  return settings;
}

// An engine of several with two connections, and nobody else there until the test takes that part.
class SharingRig : public FastcgiRig {
 public:
  explicit SharingRig(const Exchange& exchange) : FastcgiRig(with(exchange, true)), take_(exchange.take) {
    engine.add_exchange(take_);
    for (Peer* peer : {&open(), &open()}) ask(*peer, fastcgi(kVars));
  }

  // Both ask at once, again and again, until one of them is offered.
  Offer offer() {
    Offer seen;
    bool found = false;
    while (!found) {
      for (Peer& peer : peers) {
        peer.received.clear();
        peer.send(fastcgi(kVars));
      }
      until(
          [&] {
            found = look_at_offer(take_, &seen);
            return found || all_answered();
          },
          "an offer or the answers");
    }
    return seen;
  }
  void take_back() {
    until(
        [&] {
          engine.serve(take_);
          return all_answered();
        },
        "the offer is taken back");
  }

 private:
  bool all_answered() const {
    for (const Peer& peer : peers) {
      if (read_records(peer.received).ends == 0) return false;
    }
    return true;
  }

  int take_;
};

CASE("an engine waits twice as long after each offer that nobody took") {
  const Exchange exchange;
  SharingRig rig(exchange);
  uint64_t before = rig.offer().at_ns;
  for (const uint64_t pause : {40, 80, 160}) {
    rig.take_back();
    const uint64_t at = rig.offer().at_ns;
    // Ten are those for which the offer stood.
    CHECK(at - before >= (10 + pause) * kMs);
    before = at;
  }
}

CASE("an offer of the same tick is not an engine’s own") {
  const Exchange exchange;
  SharingRig rig(exchange);
  const Offer own = rig.offer();
  Handed handed = take_over(exchange.take);
  CHECK(handed.fd >= 0);
  handed.offer = {0, own.at_ns, own.from + 1};
  CHECK(hand_over(exchange.give, handed, false));
  close(handed.fd);
  rig.take_back();
  // Its own would have come back after ten.
  CHECK(coarse_ns() >= own.at_ns + 30 * kMs);
}

CASE("connections from the exchange are bounded by max_requests") {
  const Exchange exchange;
  EngineSettings settings = with(exchange, false);
  settings.max_requests = 1;
  FastcgiRig rig(settings);
  rig.engine.add_exchange(exchange.take);
  rig.application = [](Connection&, const Request&) {};
  int pairs[2][2];
  for (int* const pair : pairs) {
    CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), 0);
    const std::string bytes = fastcgi(kVars);
    CHECK_EQ(write(pair[1], bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
    CHECK(hand_over(exchange.give, {pair[0], Protocol::kFastcgi, true}, false));
    close(pair[0]);
  }
  rig.engine.serve(exchange.take);
  CHECK_EQ(rig.seen.size(), 1u);
  CHECK(!rig.engine.accepting());
  rig.engine.respond(rig.engine.connection(rig.seen[0].id), borrowed(kHello), {});
  rig.engine.serve(exchange.take);
  CHECK_EQ(rig.seen.size(), 2u);
  for (const int* const pair : pairs) close(pair[1]);
}

CASE("a request over a kept connection that reaches max_requests stops accepting") {
  EngineSettings settings = Rig::patient();
  settings.max_requests = 1;
  FastcgiRig rig(settings);
  Peer& peer = rig.open();
  rig.ask(peer, fastcgi(kVars));
  rig.application = [](Connection&, const Request&) {};
  peer.send(fastcgi(kVars));
  rig.until([&] { return rig.seen.size() == 2; }, "the request");
  CHECK(!rig.engine.accepting());
}

CASE("an engine that ends waits but once for room in the exchange") {
  const Exchange exchange;
  FastcgiRig rig(with(exchange, false));
  for (int i = 0; i < 100; ++i) rig.ask(rig.open(), fastcgi(kVars));
  while (hand_over(exchange.give, {rig.peers[0].fd(), Protocol::kFastcgi, true}, false)) {
  }
  const uint64_t begin = monotonic_ms();
  rig.engine.stop_accepting(true);
  // A hundred times a tenth of a second were ten.
  CHECK(monotonic_ms() - begin < 5000);
  CHECK_EQ(rig.engine.open_requests(), 0u);
}

}  // namespace
}  // namespace uwsgi_node::test
