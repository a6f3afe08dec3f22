// Limits that are reached, and threads that leave in peace.
#include <errno.h>
#include <sys/resource.h>
#include <unistd.h>

#include "native/core/clock.h"
#include "native/core/engine.h"
#include "test/native/check.h"
#include "test/native/engine_rig.h"
#include "test/native/fastcgi_rig.h"

namespace uwsgi_node::test {
namespace {

CASE("at max_requests the engine stops accepting, and goes on when one is over") {
  EngineSettings settings = Rig::patient();
  settings.max_requests = 2;
  Rig rig(Listener::Kind::kUnix, settings);
  std::vector<Connection*> running;
  rig.application = [&](Connection& connection, const Request&) { running.push_back(&connection); };
  for (int i = 0; i < 3; ++i) rig.connect().send(kGet);
  rig.until([&] { return running.size() == 2; }, "two requests");
  rig.settle();
  CHECK_EQ(running.size(), 2u);
  CHECK(!rig.listening);
  rig.engine.respond(*running[0], borrowed(kHello), {});
  CHECK(rig.listening);
  rig.until([&] { return running.size() == 3; }, "the third request");
  CHECK(!rig.listening);
  rig.engine.respond(*running[1], borrowed(kHello), {});
  rig.engine.respond(*running[2], borrowed(kHello), {});
  rig.until([&] { return rig.engine.open_requests() == 0; }, "the end");
  CHECK(rig.listening);
}

CASE("a packet that is still coming counts as unfinished") {
  EngineSettings settings = Rig::patient();
  settings.max_requests = 1;
  Rig rig(Listener::Kind::kUnix, settings);
  Peer& first = rig.connect();
  first.send(kGet.substr(0, 5));
  rig.connect().send(kGet);
  rig.until([&] { return rig.engine.accepted() == 1; }, "the first");
  rig.settle();
  CHECK_EQ(rig.engine.accepted(), 1u);
  first.send(kGet.substr(5));
  rig.until([&] { return rig.peers[1].ended; }, "the second");
  CHECK_EQ(rig.peers[1].received, kHello);
}

// No descriptor is left while this lives.
class NoDescriptors {
 public:
  NoDescriptors() {
    const int next = dup(0);
    close(next);
    getrlimit(RLIMIT_NOFILE, &before_);
    const rlimit none{.rlim_cur = static_cast<rlim_t>(next), .rlim_max = before_.rlim_max};
    setrlimit(RLIMIT_NOFILE, &none);
  }
  ~NoDescriptors() { setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_;
};

CASE("without descriptors the engine backs off instead of spinning, and recovers") {
  Rig rig;
  Peer& peer = rig.connect();
  peer.send(kGet);
  {
    const NoDescriptors none;
    const uint64_t until = monotonic_ms() + 350;
    rig.until([&] { return monotonic_ms() >= until; }, "time");
    // Once now, then every 100 ms.
    CHECK(rig.serves >= 2);
    CHECK(rig.serves <= 5);
    CHECK(rig.rejected.at(0).reason == Rejection::kOutOfDescriptors);
    CHECK_EQ(rig.rejected[0].detail, static_cast<uint64_t>(EMFILE));
    CHECK(rig.ticking);
    CHECK(!peer.ended);
  }
  rig.until([&] { return peer.ended; }, "the answer");
  CHECK_EQ(peer.received, kHello);
  CHECK(rig.listening);
}

CASE("without descriptors the requests that run go on") {
  Rig rig;
  Connection* running = nullptr;
  rig.application = [&](Connection& connection, const Request&) { running = &connection; };
  Peer& peer = rig.connect();
  peer.send(kGet);
  rig.until([&] { return running != nullptr; }, "the request");
  const NoDescriptors none;
  rig.engine.respond(*running, borrowed(kHello), {});
  rig.until([&] { return peer.ended; }, "the answer");
  CHECK_EQ(peer.received, kHello);
}

CASE("the clock ticks only while something is awaited") {
  Rig rig;
  CHECK(!rig.ticking);
  Peer& peer = rig.connect();
  peer.send(kGet.substr(0, 5));
  rig.until([&] { return rig.ticking; }, "a deadline");
  peer.send(kGet.substr(5));
  rig.until([&] { return peer.ended; }, "the answer");
  rig.settle();
  CHECK(!rig.ticking);
}

CASE("one turn serves a bounded number of requests") {
  Rig rig;
  for (int i = 0; i < 64; ++i) rig.connect().send(kGet);
  for (Peer& peer : rig.peers) peer.push();
  Listener other(Listener::Kind::kUnix);
  rig.application = [&](Connection& connection, const Request&) {
    const uint64_t until = monotonic_ms() + 3;
    while (monotonic_ms() < until) {
    }
    rig.engine.respond(connection, borrowed(kHello), {});
  };
  rig.engine.serve(rig.listener.fd());
  CHECK(rig.seen.size() <= 2);
}

CASE("stop_accepting takes in what waits, then no more") {
  Rig rig;
  std::vector<Connection*> running;
  rig.application = [&](Connection& connection, const Request&) { running.push_back(&connection); };
  for (int i = 0; i < 5; ++i) rig.connect().send(kGet);
  for (Peer& peer : rig.peers) peer.push();
  rig.engine.stop_accepting();
  CHECK_EQ(running.size(), 5u);
  CHECK(!rig.listening);
  rig.connect().send(kGet);
  rig.settle();
  for (Connection* connection : running) rig.engine.respond(*connection, borrowed(kHello), {});
  rig.settle();
  CHECK(!rig.listening);
  CHECK_EQ(rig.engine.accepted(), 5u);
  for (size_t i = 0; i < 5; ++i) CHECK_EQ(rig.peers[i].received, kHello);
  CHECK(!rig.peers[5].ended);
}

CASE("wake makes an engine try its listeners") {
  Rig rig;
  Peer& peer = rig.connect();
  peer.send(kGet);
  peer.push();
  rig.listening = false;  // an exclusive wake-up went elsewhere
  rig.settle();
  CHECK(!peer.ended);
  rig.engine.wake();
  rig.settle();
  CHECK_EQ(peer.received, kHello);
}

CASE("an engine that is not alive runs nothing") {
  Rig rig;
  rig.connect().send(kGet);
  for (Peer& peer : rig.peers) peer.push();
  rig.is_alive = false;
  rig.engine.serve(rig.listener.fd());
  rig.engine.wake();
  rig.engine.run();
  CHECK(rig.seen.empty());
}

CASE("kept connections that waited for their turn are through with that when the engine stops") {
  FastcgiRig rig(changed(Rig::patient(), [](EngineSettings& settings) { settings.max_requests = 2; }));
  const std::string get = fastcgi({{"REQUEST_METHOD", "GET"}});
  for (int i = 0; i < 4; ++i) rig.ask(rig.open(), get);
  rig.application = [](Connection&, const Request&) {};
  const auto begun = [&](size_t count) { rig.wait([&] { return rig.seen.size() == count; }, "requests"); };
  const auto answer = [&](size_t number, std::string_view body) {
    rig.engine.respond(rig.engine.connection(rig.seen[number].id), borrowed(kHello), borrowed(body));
  };
  for (Peer& peer : rig.peers) {
    peer.send(get);
    begun(std::min<size_t>(rig.seen.size() + 1, 6));
    rig.settle();
  }
  rig.engine.stop_accepting();
  begun(8);
  Peer& slow = rig.peers[2];
  slow.reads = false;
  answer(6, large());
  for (const size_t other : {4, 5, 7}) answer(other, "");
  slow.reads = true;
  rig.wait([&] { return rig.engine.open_requests() == 0; }, "the large response");
  CHECK_EQ(read_records(slow.received).ends, 2);
}

}  // namespace
}  // namespace uwsgi_node::test
