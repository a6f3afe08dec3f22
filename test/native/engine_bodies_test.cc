// Request bodies that the application reads while they come, and those that it does not read.
#include <algorithm>

#include "native/core/clock.h"
#include "native/core/engine.h"
#include "native/core/rejections.h"
#include "test/native/check.h"
#include "test/native/engine_rig.h"

namespace uwsgi_node::test {
namespace {

// Reads the body asynchronously into `into`, then answers.
void read_async(Rig& rig, std::string* into) {
  rig.application = [&rig](Connection& connection, const Request&) { rig.engine.want_body(connection); };
  rig.data = [&rig, into](Connection& connection, Bytes chunk) {
    into->append(as_text(chunk));
    if (!chunk.empty()) return rig.engine.want_body(connection);
    rig.engine.respond(connection, borrowed(kHello), {});
  };
}

const bool streaming = [] {
  both("a body over post-buffering streams to an asynchronous reader", [](Rig& rig) {
    std::string body;
    read_async(rig, &body);
    const std::string sent = repeat('a', 65537) + repeat('b', 300'000) + "end";
    CHECK_EQ(rig.exchange(post(sent)), kHello);
    CHECK(body == sent);
    CHECK(rig.seen.at(0).streams);
  });
  both("a reader that asks again at once is given what is there, eight times in a turn", [](Rig& rig) {
    constexpr size_t kPiece = 1000;
    const std::string sent = post(repeat('x', 100 * kPiece));
    size_t pushed = 80 * kPiece;
    int chunks = 0;
    rig.application = [&](Connection& connection, const Request&) { rig.engine.want_body(connection); };
    rig.data = [&](Connection& connection, Bytes) {
      ++chunks;
      if (connection.body_left() == 0) return rig.engine.respond(connection, borrowed(kHello), {});
      rig.peers.back().send(std::string_view(sent).substr(pushed, kPiece));
      rig.peers.back().push();
      pushed += kPiece;
      rig.engine.want_body(connection);
    };
    Peer& peer = rig.connect();
    peer.send(std::string_view(sent).substr(0, pushed));
    int most = 0;
    while (!peer.ended) {
      const int before = chunks;
      rig.turn();
      most = std::max(most, chunks - before);
    }
    CHECK_EQ(peer.received, kHello);
    CHECK_EQ(most, 8);
  });
  both("a body streams to a reader that blocks", [](Rig& rig) {
    std::string body;
    rig.application = [&](Connection& connection, const Request&) {
      uint8_t buffer[1000];
      size_t got = 0;
      // The peer is in this thread: it has to send while the reader waits.
      for (;;) {
        rig.peers.back().push();
        const ReadResult result = rig.engine.read_body(connection, buffer, sizeof buffer, &got);
        if (result != ReadResult::kData) {
          CHECK(result == ReadResult::kEnd);
          break;
        }
        body.append(reinterpret_cast<char*>(buffer), got);
      }
      rig.engine.respond(connection, borrowed(kHello), {});
    };
    const std::string sent = repeat('a', 65537) + repeat('b', 300'000) + "end";
    CHECK_EQ(rig.exchange(post(sent)), kHello);
    CHECK(body == sent);
  });
  both(
      "what came with the packet is delivered, though the socket never becomes readable again",
      [](Rig& rig) {
        std::string body;
        read_async(rig, &body);
        CHECK_EQ(rig.exchange(post("01234")), kHello);
        CHECK_EQ(body, "01234");
      },
      changed(Rig::patient(), [](EngineSettings& s) { s.post_buffering = 4; }));
  both("a reader that does not ask holds up its peer", [](Rig& rig) {
    rig.application = [](Connection&, const Request&) {};
    Peer& peer = rig.connect();
    peer.send(post_of(64'000'000));
    peer.send_filling(64'000'000);
    rig.until([&] { return !rig.seen.empty(); }, "the request");
    for (int i = 0; i < 50; ++i) rig.turn();
    CHECK(!peer.all_sent());
    CHECK_EQ(rig.engine.open_requests(), 1u);
  });
  both(
      "a body that stalls under an asynchronous reader is a 408",
      [](Rig& rig) {
        std::string body;
        read_async(rig, &body);
        Peer& peer = rig.connect();
        peer.send(post(repeat('x', 100'000)).substr(0, 90'000));
        rig.until([&] { return peer.ended; }, "patience ends");
        CHECK_EQ(peer.received, response_to(Rejection::kTooSlow));
        CHECK_EQ(rig.gone.size(), 1u);
      },
      Rig::quick());
  both(
      "a body that stalls under a reader that blocks is a timeout, and the request goes on",
      [](Rig& rig) {
        rig.application = [&](Connection& connection, const Request&) {
          uint8_t buffer[65536];
          size_t got = 0;
          ReadResult result;
          do result = rig.engine.read_body(connection, buffer, sizeof buffer, &got);
          while (result == ReadResult::kData);
          CHECK(result == ReadResult::kTimeout);
          rig.engine.respond(connection, borrowed(kHello), {});
        };
        Peer& peer = rig.connect();
        peer.send(post(repeat('x', 100'000)).substr(0, 90'000));
        rig.until([&] { return peer.ended; }, "the answer");
        CHECK_EQ(peer.received, kHello);
      },
      Rig::quick());
  both("a body that breaks off under an asynchronous reader ends the request", [](Rig& rig) {
    std::string body;
    read_async(rig, &body);
    Peer& peer = rig.connect();
    peer.send(post(repeat('x', 100'000)).substr(0, 90'000));
    peer.end_sending();
    rig.until([&] { return peer.ended; }, "the end");
    CHECK_EQ(rig.gone.size(), 1u);
    CHECK_EQ(peer.received, "");
  });
  both("a body that breaks off under a reader that blocks tells it so", [](Rig& rig) {
    ReadResult result = ReadResult::kData;
    rig.application = [&](Connection& connection, const Request&) {
      uint8_t buffer[65536];
      size_t got = 0;
      while (result == ReadResult::kData) {
        result = rig.engine.read_body(connection, buffer, sizeof buffer, &got);
      }
      rig.engine.respond(connection, borrowed(kHello), {});
    };
    Peer& peer = rig.connect();
    peer.send(post(repeat('x', 100'000)).substr(0, 90'000));
    peer.end_sending();
    rig.until([&] { return peer.ended; }, "the answer");
    CHECK(result == ReadResult::kGone);
    CHECK_EQ(peer.received, kHello);
  });
  return true;
}();

CASE("after a stall the rest of a long body is not read for ever") {
  EngineSettings settings = Rig::quick();
  settings.drain_bytes = 1000;
  settings.drain_ms = 10'000;
  Rig rig(Listener::Kind::kUnix, settings);
  std::string body;
  read_async(rig, &body);
  Peer& peer = rig.connect();
  peer.send(post_of(8'000'000));
  peer.send_filling(4'000'000);
  rig.until([&] { return !rig.rejected.empty(); }, "patience ends");
  CHECK(body.size() > settings.drain_bytes);
  peer.send_filling(4'000'000);
  rig.until([&] { return rig.engine.open_requests() == 0; }, "the end");
  rig.until([&] { return peer.ended; }, "the answer");
  CHECK_EQ(peer.received, response_to(Rejection::kTooSlow));
}

const bool unread = [] {
  both("an unread body is read away behind the response, so that no reset destroys it", [](Rig& rig) {
    Peer& peer = rig.connect();
    peer.send(post(repeat('x', 500'000)));
    rig.until([&] { return peer.ended; }, "the answer");
    CHECK_EQ(peer.received, kHello);
    CHECK(!peer.was_reset);
    rig.until([&] { return rig.engine.open_requests() == 0; }, "the end");
  });
  both("the peer of an unread body sees the end of its response at once", [](Rig& rig) {
    Peer& peer = rig.connect();
    const std::string bytes = post(repeat('x', 500'000));
    peer.send(std::string_view(bytes).substr(0, 100'000));
    rig.until([&] { return peer.ended; }, "the answer");
    CHECK_EQ(peer.received, kHello);
    CHECK_EQ(rig.engine.open_requests(), 1u);
    peer.send(std::string_view(bytes).substr(100'000));
    rig.until([&] { return rig.engine.open_requests() == 0; }, "the end");
  });
  both(
      "who never sends the rest of an unread body is left after drain_ms",
      [](Rig& rig) {
        Peer& peer = rig.connect();
        peer.send(post(repeat('x', 500'000)).substr(0, 100'000));
        rig.until([&] { return rig.engine.open_requests() == 1; }, "the request");
        const uint64_t begin = monotonic_ms();
        rig.until([&] { return rig.engine.open_requests() == 0; }, "patience ends");
        CHECK(monotonic_ms() - begin < 2'000);
        CHECK_EQ(peer.received, kHello);
      },
      Rig::quick());
  both(
      "who took its time to read the response gets no more than drain_ms for the rest of its body",
      [](Rig& rig) {
        rig.application = [&](Connection& connection, const Request&) {
          rig.engine.respond(connection, borrowed(repeat('y', 8'000'000)), {});
        };
        Peer& peer = rig.connect();
        peer.reads = false;
        peer.send(post(repeat('x', 500'000)).substr(0, 100'000));
        rig.until([&] { return rig.engine.open_requests() == 1 && !rig.seen.empty(); }, "the request");
        rig.settle();
        peer.reads = true;
        rig.until([&] { return peer.ended; }, "the response");
        CHECK_EQ(peer.received.size(), 8'000'000u);
        rig.until([&] { return rig.engine.open_requests() == 0; }, "patience ends");
      },
      changed(Rig::quick(), [](EngineSettings& s) { s.write_timeout_ms = 60'000; }));
  both("a peer that floods behind its response does not keep the engine from others", [](Rig& rig) {
    Peer& flood = rig.connect();
    flood.send(post_of(40'000'000));
    flood.send_filling(40'000'000);
    rig.until([&] { return flood.ended; }, "the answer");
    CHECK(!flood.all_sent());
    CHECK_EQ(rig.exchange(kGet), kHello);
    CHECK(!flood.all_sent());
  });
  both(
      "of an unread body no more than drain_bytes is read away",
      [](Rig& rig) {
        Peer& peer = rig.connect();
        peer.send(post_of(30'000'000));
        peer.send_filling(30'000'000);
        rig.until([&] { return peer.ended; }, "the answer");
        CHECK_EQ(peer.received, kHello);
        rig.until([&] { return rig.engine.open_requests() == 0; }, "the end");
      },
      changed(Rig::patient(), [](EngineSettings& s) { s.drain_bytes = 100'000; }));
  return true;
}();

}  // namespace
}  // namespace uwsgi_node::test
