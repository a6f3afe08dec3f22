// Requests that take too long: those that wait are ended alone, a thread that hangs is seen from outside.
#include <unistd.h>

#include "native/core/clock.h"
#include "native/core/engine.h"
#include "test/native/check.h"
#include "test/native/engine_rig.h"

namespace uwsgi_node::test {
namespace {

constexpr uint64_t kPatienceMs = 200;
// A busy machine may keep a test from its turn.
constexpr uint64_t kLongPatienceMs = 900;
constexpr std::string_view kTimeout = "HTTP/1.1 504 ";
constexpr std::string_view kUnavailable = "HTTP/1.1 503 ";

EngineSettings strict() {
  EngineSettings settings = Rig::patient();
  settings.harakiri_ms = kPatienceMs;
  return settings;
}

void wait(Rig& rig, uint64_t milliseconds) {
  const uint64_t until = monotonic_ms() + milliseconds;
  rig.until([&] { return monotonic_ms() >= until; }, "time");
}

void never_answered(Rig& rig) {
  rig.application = [](Connection&, const Request&) {};
  Peer& peer = rig.connect();
  peer.send(kGet);
  rig.until([&] { return peer.ended; }, "the end");
  CHECK(peer.received.starts_with(kTimeout));
  CHECK_EQ(rig.expired.size(), 1u);
  CHECK_EQ(rig.expired[0], (std::string("GET\0\0/x", 7)));
  CHECK_EQ(rig.engine.open_requests(), 0u);
  CHECK_EQ(rig.deadline, 0u);
  // The next one is served.
  rig.application = [&](Connection& connection, const Request&) {
    rig.engine.respond(connection, borrowed(kHello), {});
  };
  CHECK_EQ(rig.exchange(kGet), kHello);
  CHECK_EQ(rig.deadline, 0u);
}
const auto kNeverAnswered =
    (both("a request that waits is ended with 504, alone", never_answered, strict()), true);

void half_answered(Rig& rig) {
  Connection* running = nullptr;
  rig.application = [&](Connection& connection, const Request&) {
    running = &connection;
    rig.engine.write(connection, borrowed(kHello), {});
  };
  Peer& peer = rig.connect();
  peer.send(kGet);
  // Every piece gives it more time.
  for (int i = 0; i < 4; ++i) {
    wait(rig, kLongPatienceMs / 3);
    CHECK(!peer.ended);
    rig.engine.write(*running, borrowed("."), {});
  }
  rig.until([&] { return peer.ended; }, "the end");
  CHECK_EQ(peer.received, std::string(kHello) + "....");
  CHECK_EQ(peer.was_reset, !rig.listener.is_unix());
  CHECK_EQ(rig.expired.size(), 1u);
}
const auto kHalfAnswered =
    (both("a response that goes on has its time anew; one that stops is reset", half_answered,
          changed(strict(), [](EngineSettings& settings) { settings.harakiri_ms = kLongPatienceMs; })),
     true);

void slow_peer(Rig& rig) {
  const std::string much = repeat('x', 8 << 20);
  Connection* running = nullptr;
  rig.application = [&](Connection& connection, const Request&) {
    running = &connection;
    rig.engine.write(connection, borrowed(kHello), borrowed(much));
  };
  Peer& peer = rig.connect();
  peer.reads = false;
  peer.send(kGet);
  rig.until([&] { return running != nullptr; }, "the request");
  wait(rig, kPatienceMs * 2);
  CHECK(rig.expired.empty());
  CHECK_EQ(rig.deadline, 0u);
  peer.reads = true;
  rig.until([&] { return peer.ended; }, "the end");
  CHECK_EQ(peer.received.size(), kHello.size() + much.size());
  CHECK_EQ(rig.expired.size(), 1u);
}
const auto kSlowPeer =
    (both("a peer that reads slowly takes nothing of a request's time", slow_peer, strict()), true);

CASE("while it rests a request may take its time, and its thread is not called stuck") {
  Rig rig(Listener::Kind::kUnix, strict());
  rig.rests = true;
  rig.application = [](Connection&, const Request&) {};
  Peer& peer = rig.connect();
  peer.send(kGet);
  wait(rig, kPatienceMs * 3);
  CHECK(!peer.ended);
  CHECK(rig.deadline > monotonic_ms());
  rig.rests = false;
  rig.until([&] { return peer.ended; }, "the end");
  CHECK(peer.received.starts_with(kTimeout));
  CHECK_EQ(rig.deadline, 0u);
}

CASE("a body that is awaited takes nothing of a request's time, and each piece begins it anew") {
  EngineSettings settings = strict();
  settings.post_buffering = 1;
  Rig rig(Listener::Kind::kUnix, settings);
  rig.application = [&](Connection& connection, const Request&) { rig.engine.want_body(connection); };
  std::string body;
  rig.data = [&](Connection& connection, Bytes chunk) {
    body += as_text(chunk);
    if (!chunk.empty()) rig.engine.want_body(connection);
  };
  Peer& peer = rig.connect();
  const std::string whole = post("0123456789");
  peer.send(whole.substr(0, whole.size() - 4));
  wait(rig, kPatienceMs * 2);
  CHECK(rig.expired.empty());
  peer.send(whole.substr(whole.size() - 4));
  rig.until([&] { return peer.ended; }, "the end");
  CHECK_EQ(body, "0123456789");
  CHECK(peer.received.starts_with(kTimeout));
}

CASE("a pipe has no time") {
  Rig rig(Listener::Kind::kUnix, strict());
  rig.application = [&](Connection& connection, const Request&) {
    rig.engine.write(connection, borrowed(kHello), {});
    rig.engine.upgrade(connection);
  };
  Peer& peer = rig.connect();
  peer.send(kGet);
  rig.until([&] { return peer.received == kHello; }, "the head");
  wait(rig, kPatienceMs * 2);
  CHECK(!peer.ended);
  CHECK_EQ(rig.deadline, 0u);
}

// The application hangs in one of two requests, and its thread is terminated there.
void hang(uint64_t milliseconds, std::string_view expected_waiting, std::string_view expected_stuck) {
  Rig rig(Listener::Kind::kUnix, strict());
  uint64_t seen = 0;
  rig.application = [&](Connection&, const Request&) {
    if (rig.seen.size() == 1) return;
    seen = rig.deadline;
    usleep(static_cast<useconds_t>(milliseconds * 1000));
    rig.is_alive = false;
  };
  Peer& waiting = rig.connect();
  waiting.send(kGet);
  rig.until([&] { return rig.seen.size() == 1; }, "the first");
  Peer& stuck = rig.connect();
  stuck.send(kGet);
  rig.until([&] { return rig.seen.size() == 2; }, "the second");
  CHECK(seen >= monotonic_ms() - milliseconds - 20 + kPatienceMs);
  CHECK(seen <= monotonic_ms() + kPatienceMs + 1000);
  rig.engine.abandon();
  rig.until([&] { return waiting.ended && stuck.ended; }, "the answers");
  CHECK(waiting.received.starts_with(expected_waiting));
  CHECK(stuck.received.starts_with(expected_stuck));
  CHECK_EQ(rig.deadline, 0u);
}

CASE(
    "a thread that is terminated in a request: 504 for that one, 503 for the others, however late they are") {
  hang(kPatienceMs + 100, kUnavailable, kTimeout);
}

CASE("a thread that is terminated for another reason answers 503 to all") {
  hang(10, kUnavailable, kUnavailable);
}

CASE("a thread that is terminated outside of all requests: 504 for those that are late") {
  Rig rig(Listener::Kind::kUnix, strict());
  rig.application = [](Connection&, const Request&) {};
  Peer& late = rig.connect();
  late.send(kGet);
  rig.until([&] { return rig.seen.size() == 1; }, "the first");
  // The loop does not turn.
  usleep((kPatienceMs + 20) * 1000);
  Peer& early = rig.connect();
  early.send(kGet);
  early.push();
  rig.engine.serve(rig.listener.fd());
  CHECK_EQ(rig.seen.size(), 2u);
  rig.is_alive = false;
  rig.engine.abandon();
  rig.until([&] { return late.ended && early.ended; }, "the answers");
  CHECK(late.received.starts_with(kTimeout));
  CHECK(early.received.starts_with(kUnavailable));
}

CASE("without the option nothing is told to anybody") {
  Rig rig;
  rig.application = [](Connection&, const Request&) {};
  rig.connect().send(kGet);
  rig.until([&] { return rig.seen.size() == 1; }, "the request");
  CHECK_EQ(rig.deadline, 0u);
  CHECK(!rig.ticking);
}

}  // namespace
}  // namespace uwsgi_node::test
