// The watch has a thread of its own: what is tested is that engines are woken, and that coming and going is
// safe.
#include "native/core/strand_watch.h"

#include <poll.h>

#include <atomic>
#include <thread>
#include <vector>

#include "test/native/check.h"
#include "test/native/engine_rig.h"

namespace uwsgi_node::test {
namespace {

bool readable(int fd, int timeout_ms) {
  pollfd waiting{.fd = fd, .events = POLLIN, .revents = 0};
  return poll(&waiting, 1, timeout_ms) > 0;
}

// An engine that the watch knows, and that looks at its listener only when it is woken.
struct Sleeper {
  explicit Sleeper(StrandWatch& by) : watch(by) {
    rig.listening = false;
    watch.add(rig.engine, {rig.listener.fd()});
  }
  ~Sleeper() { watch.remove(rig.engine); }

  bool is_served() {
    Peer& peer = rig.connect();
    peer.send(kGet);
    peer.push();
    rig.until([&] { return peer.ended; }, "the answer");
    return peer.received == kHello;
  }

  StrandWatch& watch;
  Rig rig{Listener::Kind::kUnix, EngineSettings{}};
};

CASE("a connection that nobody accepts wakes the engines") {
  StrandWatch watch;
  Sleeper sleeper(watch);
  CHECK(sleeper.is_served());
  CHECK(sleeper.is_served());
}

CASE("every engine is woken, whichever was meant") {
  StrandWatch watch;
  Sleeper first(watch), second(watch);
  Peer& peer = first.rig.connect();
  peer.send(kGet);
  peer.push();
  CHECK(readable(second.rig.engine.fd(), 5000));
  CHECK(readable(first.rig.engine.fd(), 5000));
}

CASE("nobody is woken while nothing waits") {
  StrandWatch watch;
  Sleeper sleeper(watch);
  CHECK(!readable(sleeper.rig.engine.fd(), 50));
}

CASE("after the last engine has gone the next one is watched again") {
  StrandWatch watch;
  for (int i = 0; i < 3; ++i) {
    Sleeper sleeper(watch);
    CHECK(sleeper.is_served());
  }
}

CASE("a listener that left with its engine wakes nobody") {
  StrandWatch watch;
  Sleeper stays(watch);
  {
    Sleeper leaves(watch);
    CHECK(leaves.is_served());
  }
  // The connection above woke both; what is left of that is read away.
  stays.rig.settle();
  CHECK(!readable(stays.rig.engine.fd(), 50));
  CHECK(stays.is_served());
}

CASE("engines that come while others go are all watched") {
  StrandWatch watch;
  std::atomic<int> served = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 10; ++round) {
        Sleeper sleeper(watch);
        if (sleeper.is_served()) ++served;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK_EQ(served.load(), 40);
}

}  // namespace
}  // namespace uwsgi_node::test
