// Every state a connection can be in, and its end there: the peer vanishes, or the thread dies.
#include <functional>

#include "native/core/engine.h"
#include "native/core/rejections.h"
#include "test/native/check.h"
#include "test/native/engine_rig.h"
#include "test/native/fastcgi_rig.h"

namespace uwsgi_node::test {
namespace {

// Brings a connection into a state; what the peer has to do next is only to leave.
struct Stage {
  const char* name;
  std::function<Peer&(Rig&)> enter;
  bool running;  // the application has the request
};

const Stage kStages[] = {
    {"before it has sent anything", [](Rig& rig) -> Peer& { return rig.connect(); }, false},
    {"inside the header",
     [](Rig& rig) -> Peer& {
       Peer& peer = rig.connect();
       peer.send(kGet.substr(0, 3));
       return peer;
     },
     false},
    {"inside the vars",
     [](Rig& rig) -> Peer& {
       Peer& peer = rig.connect();
       peer.send(kGet.substr(0, 9));
       return peer;
     },
     false},
    {"inside a body that is to be complete",
     [](Rig& rig) -> Peer& {
       Peer& peer = rig.connect();
       peer.send(post("0123456789").substr(0, post("0123456789").size() - 3));
       return peer;
     },
     false},
    {"while the application works",
     [](Rig& rig) -> Peer& {
       rig.application = [](Connection&, const Request&) {};
       Peer& peer = rig.connect();
       peer.send(kGet);
       return peer;
     },
     true},
    {"while the application waits for its body",
     [](Rig& rig) -> Peer& {
       rig.application = [&rig](Connection& connection, const Request&) { rig.engine.want_body(connection); };
       rig.data = [&rig](Connection& connection, Bytes chunk) {
         if (!chunk.empty()) rig.engine.want_body(connection);
       };
       Peer& peer = rig.connect();
       peer.send(post(repeat('x', 100'000)).substr(0, 80'000));
       return peer;
     },
     true},
    {"while it gets a response in chunks",
     [](Rig& rig) -> Peer& {
       rig.application = [&rig](Connection& connection, const Request&) {
         rig.engine.write(connection, borrowed("some"), {});
       };
       Peer& peer = rig.connect();
       peer.send(kGet);
       return peer;
     },
     true},
    {"while chunks wait for it",
     [](Rig& rig) -> Peer& {
       rig.application = [&rig](Connection& connection, const Request&) {
         rig.engine.write(connection, {}, borrowed(large()));
       };
       Peer& peer = rig.connect();
       peer.reads = false;
       peer.send(kGet);
       return peer;
     },
     true},
    {"while the rest of its response waits for it",
     [](Rig& rig) -> Peer& {
       rig.application = [&rig](Connection& connection, const Request&) {
         rig.engine.respond(connection, {}, borrowed(large()));
       };
       Peer& peer = rig.connect();
       peer.reads = false;
       peer.send(kGet);
       return peer;
     },
     false},
    {"while its unread body is read away",
     [](Rig& rig) -> Peer& {
       Peer& peer = rig.connect();
       peer.send(post(repeat('x', 100'000)).substr(0, 80'000));
       return peer;
     },
     false},
};

const bool vanishing = [] {
  for (const Stage& stage : kStages) {
    for (const auto kind : kBothKinds) {
      for (const bool resets : {false, true}) {
        if (resets && kind == Listener::Kind::kUnix) continue;
        const std::string how = resets ? " with a reset" : "";
        add_case(std::string("a peer that leaves") + how + " " + stage.name + ", " + name_of(kind), [=] {
          Rig rig(kind, Rig::patient());
          Peer& peer = stage.enter(rig);
          rig.until([&] { return rig.engine.accepted() == 1 && peer.all_sent(); }, "the request");
          rig.settle();
          CHECK_EQ(rig.engine.open_requests(), 1u);
          if (resets) {
            peer.reset();
          } else {
            peer.leave();
          }
          // TCP cannot tell a peer that has left from one that has only ended its sending, until it writes.
          const bool silent = kind == Listener::Kind::kTcp && !resets && stage.running;
          if (silent) {
            rig.settle();
            const uint32_t id = rig.seen.at(0).id;
            for (int i = 0; i < 100 && rig.engine.open_requests() == 1; ++i) {
              rig.engine.write(rig.engine.connection(id), {}, borrowed(repeat('y', 100'000)));
              rig.turn();
            }
          }
          rig.until([&] { return rig.engine.open_requests() == 0; }, "the connection is let go of");
          if (stage.running && !silent) CHECK_EQ(rig.gone.size(), 1u);
          if (!stage.running) CHECK(rig.gone.empty());
          // The engine is as good as new.
          rig.application = [&](Connection& connection, const Request&) {
            rig.engine.respond(connection, borrowed(kHello), {});
          };
          CHECK_EQ(rig.exchange(kGet), kHello);
        });
      }
    }
  }
  return true;
}();

CASE("who ends inside a packet is named in the log, who only connects is not") {
  Rig rig;
  rig.connect().leave();
  rig.until([&] { return rig.engine.accepted() == 1; }, "the visit");
  rig.settle();
  CHECK(rig.rejected.empty());
  Peer& peer = rig.connect();
  peer.send(kGet.substr(0, 7));
  peer.end_sending();
  rig.until([&] { return peer.ended; }, "the end");
  CHECK_EQ(rig.rejected.size(), 1u);
  CHECK(rig.rejected[0].reason == Rejection::kTruncated);
  CHECK_EQ(rig.rejected[0].detail, 7u);
}

// What becomes of the peer of each state when the thread dies under it.
const bool abandoning = [] {
  for (const Stage& stage : kStages) {
    for (const auto kind : kBothKinds) {
      add_case(std::string("a thread that dies ") + stage.name + ", " + name_of(kind), [=] {
        Rig rig(kind, Rig::patient());
        Peer& peer = stage.enter(rig);
        rig.until([&] { return rig.engine.accepted() == 1 && peer.all_sent(); }, "the request");
        rig.settle();
        const bool begun = !peer.received.empty() || !peer.reads;
        const bool asked = kStages[0].name != stage.name;
        rig.engine.abandon();
        CHECK_EQ(rig.engine.open_requests(), 0u);
        peer.reads = true;
        rig.until([&] { return peer.ended; }, "the end");
        if (!begun && asked) CHECK_EQ(peer.received, response_to(Rejection::kStopped));
        if (!begun && !asked) CHECK_EQ(peer.received, "");
        if (begun) CHECK(peer.received.find("503") == std::string::npos);
        if (begun && stage.running && kind == Listener::Kind::kTcp) CHECK(peer.was_reset);
        // The application is not told: its thread does not run any more. What it still says goes nowhere.
        CHECK(rig.gone.empty());
        if (!rig.seen.empty()) {
          Connection& left = rig.engine.connection(rig.seen[0].id);
          int alive = 0;
          rig.engine.respond(left, borrowed(kHello), owned("late", &alive));
          CHECK(rig.engine.write(left, {}, owned("late", &alive)) == WriteResult::kDead);
          CHECK_EQ(alive, 0);
          rig.engine.finish(left);
          rig.engine.abort(left);
          rig.engine.want_body(left);
          uint8_t byte;
          size_t got;
          CHECK(rig.engine.read_body(left, &byte, 1, &got) == ReadResult::kGone);
        }
        CHECK_EQ(rig.engine.open_requests(), 0u);
      });
    }
  }
  return true;
}();

CASE("a request that comes in just as the thread dies is answered, not reset") {
  for (const auto kind : kBothKinds) {
    Rig rig(kind, Rig::patient());
    Peer& peer = rig.connect();
    rig.until([&] { return rig.engine.accepted() == 1; }, "the connection");
    peer.send(kGet);
    peer.push();
    rig.engine.abandon();
    rig.until([&] { return peer.ended; }, "the end");
    CHECK_EQ(peer.received, response_to(Rejection::kStopped));
    CHECK(!peer.was_reset);
  }
}

CASE("a FastCGI peer is told nothing before its request has a number, and the end of it then") {
  const std::string begin = begin_request();
  for (const size_t come : {begin.size() / 2, begin.size()}) {
    FastcgiRig rig;
    Peer& peer = rig.open();
    peer.send(begin.substr(0, come) + (come == begin.size() ? record(4, 1, "").substr(0, 3) : ""));
    rig.wait([&] { return rig.engine.open_requests() == 1; }, "the beginning");
    rig.settle();
    rig.engine.abandon();
    rig.until([&] { return peer.ended; }, "the engine closes");
    const Answer answer = read_records(peer.received);
    CHECK_EQ(answer.ends, come == begin.size() ? 1 : 0);
    CHECK_EQ(answer.rest, "");
    CHECK_EQ(answer.output.starts_with("Status: 503"), come == begin.size());
  }
}

}  // namespace
}  // namespace uwsgi_node::test
