// Responses on their way to peers of every speed.
#include <sys/socket.h>

#include "native/core/clock.h"
#include "native/core/engine.h"
#include "test/native/check.h"
#include "test/native/engine_rig.h"

namespace uwsgi_node::test {
namespace {

// Room for a few kilobytes only, so that every larger response is written in many pieces.
void narrow(const Connection& connection) {
  const int bytes = 4096;
  setsockopt(connection.fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
}

const bool responding = [] {
  both("a response larger than the socket's buffer goes out as its reader reads", [](Rig& rig) {
    const std::string body = repeat('x', 600'000) + "end";
    int alive = 0;
    rig.application = [&](Connection& connection, const Request&) {
      narrow(connection);
      rig.engine.respond(connection, borrowed("head:"), owned(body, &alive));
    };
    CHECK(rig.exchange(kGet) == "head:" + body);
    CHECK_EQ(alive, 0);
  });
  both("a unix socket that was full once holds more from then on", [](Rig& rig) {
    const auto buffer_of = [](const Connection& connection) {
      int size = 0;
      socklen_t length = sizeof size;
      getsockopt(connection.fd, SOL_SOCKET, SO_SNDBUF, &size, &length);
      return size;
    };
    int before = 0;
    int after = 0;
    rig.application = [&](Connection& connection, const Request&) {
      before = buffer_of(connection);
      rig.engine.write(connection, {}, borrowed("small"));
      CHECK_EQ(buffer_of(connection), before);
      CHECK(rig.engine.write(connection, {}, borrowed(large())) == WriteResult::kAgain);
      after = buffer_of(connection);
      rig.engine.finish(connection);
    };
    CHECK_EQ(rig.exchange(kGet).size(), large().size() + 5);
    if (rig.listener.is_unix() && before == 212992) CHECK_EQ(after, 2 * before);
  });
  both("a response in chunks keeps its order, and the application hears of room", [](Rig& rig) {
    int chunks = 0;
    int rooms = 0;
    std::string expected;
    const auto go_on = [&](Connection& connection) {
      while (chunks < 200) {
        const std::string chunk = repeat(static_cast<char>('a' + chunks++ % 26), 20'000);
        expected += chunk;
        if (rig.engine.write(connection, {}, borrowed(chunk)) == WriteResult::kAgain) return;
      }
      rig.engine.finish(connection);
    };
    rig.application = [&](Connection& connection, const Request&) {
      narrow(connection);
      go_on(connection);
    };
    rig.writable = [&](Connection& connection) {
      ++rooms;
      CHECK(!connection.response.pending());
      go_on(connection);
    };
    CHECK(rig.exchange(kGet) == expected);
    CHECK(rooms > 10);
  });
  both("an application that does not wait for room loses nothing", [](Rig& rig) {
    std::string expected;
    rig.application = [&](Connection& connection, const Request&) {
      narrow(connection);
      for (int i = 0; i < 100; ++i) {
        const std::string chunk = std::to_string(i) + repeat('x', 10'000);
        expected += chunk;
        rig.engine.write(connection, borrowed("<"), borrowed(chunk));
        expected.insert(expected.size() - chunk.size(), "<");
      }
      rig.engine.finish(connection);
    };
    CHECK(rig.exchange(kGet) == expected);
  });
  both(
      "a reader that stops reading is given up",
      [](Rig& rig) {
        int alive = 0;
        rig.application = [&](Connection& connection, const Request&) {
          rig.engine.respond(connection, {}, owned(repeat('x', 20'000'000), &alive));
        };
        Peer& peer = rig.connect();
        peer.reads = false;
        peer.send(kGet);
        rig.until([&] { return alive == 1; }, "the response");
        rig.until([&] { return rig.engine.open_requests() == 0; }, "patience ends");
        CHECK_EQ(alive, 0);
      },
      Rig::quick());
  both(
      "a reader that stops is given up, though the application keeps writing",
      [](Rig& rig) {
        Connection* running = nullptr;
        rig.application = [&](Connection& connection, const Request&) {
          running = &connection;
          rig.engine.write(connection, {}, borrowed(large()));
        };
        Peer& peer = rig.connect();
        peer.reads = false;
        peer.send(kGet);
        const uint64_t begin = monotonic_ms();
        rig.until(
            [&] {
              if (running != nullptr && rig.gone.empty()) rig.engine.write(*running, {}, borrowed("more"));
              return !rig.gone.empty();
            },
            "patience ends");
        CHECK(monotonic_ms() - begin < 2'000);
      },
      Rig::quick());
  both(
      "a slow reader is not given up while it reads",
      [](Rig& rig) {
        rig.application = [&](Connection& connection, const Request&) {
          narrow(connection);
          rig.engine.respond(connection, borrowed(repeat('x', 400'000)), {});
        };
        Peer& peer = rig.connect();
        peer.send(kGet);
        peer.reads = false;
        const uint64_t begin = monotonic_ms();
        rig.until(
            [&] {
              const uint64_t next = monotonic_ms() + 5;
              rig.until([&] { return monotonic_ms() >= next; }, "time");
              char some[4096];
              const ssize_t got = recv(peer.fd(), some, sizeof some, 0);
              if (got > 0) peer.received.append(some, static_cast<size_t>(got));
              return got == 0;
            },
            "the whole response");
        CHECK_EQ(peer.received.size(), 400'000u);
        CHECK(monotonic_ms() - begin > 400u);
      },
      changed(Rig::patient(), [](EngineSettings& s) { s.write_timeout_ms = 400; }));
  both("an aborted response never looks complete to TCP, and ends on a unix socket", [](Rig& rig) {
    rig.application = [&](Connection& connection, const Request&) {
      rig.engine.write(connection, {}, borrowed("half"));
      rig.engine.abort(connection);
    };
    Peer& peer = rig.connect();
    peer.send(kGet);
    rig.until([&] { return peer.ended; }, "the end");
    CHECK_EQ(peer.was_reset, !rig.listener.is_unix());
  });
  both("an empty response is an answer", [](Rig& rig) {
    rig.application = [&](Connection& connection, const Request&) { rig.engine.respond(connection, {}, {}); };
    CHECK_EQ(rig.exchange(kGet), "");
    CHECK(!rig.peers.back().was_reset);
  });
  both(
      "a response may come long after the request",
      [](Rig& rig) {
        Connection* running = nullptr;
        rig.application = [&](Connection& connection, const Request&) { running = &connection; };
        Peer& peer = rig.connect();
        peer.send(kGet);
        const uint64_t later = monotonic_ms() + 3 * Rig::quick().read_timeout_ms;
        rig.until([&] { return monotonic_ms() > later; }, "time");
        CHECK(rig.gone.empty());
        rig.engine.respond(*running, borrowed(kHello), {});
        rig.until([&] { return peer.ended; }, "the answer");
        CHECK_EQ(peer.received, kHello);
      },
      Rig::quick());
  both("a peer that has ended its sending is served", [](Rig& rig) {
    Connection* running = nullptr;
    rig.application = [&](Connection& connection, const Request&) { running = &connection; };
    Peer& peer = rig.connect();
    peer.send(kGet);
    peer.end_sending();
    rig.until([&] { return running != nullptr; }, "the request");
    rig.settle();
    CHECK(rig.gone.empty());
    CHECK(rig.engine.write(*running, {}, borrowed("first ")) == WriteResult::kDone);
    rig.settle();
    rig.engine.write(*running, {}, borrowed("second"));
    rig.engine.finish(*running);
    rig.until([&] { return peer.ended; }, "the answer");
    CHECK_EQ(peer.received, "first second");
  });
  return true;
}();

}  // namespace
}  // namespace uwsgi_node::test
