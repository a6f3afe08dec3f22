// The engine from accept to close, as its peers see it.
#include "native/core/engine.h"

#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>

#include "native/core/clock.h"
#include "native/core/rejections.h"
#include "test/native/check.h"
#include "test/native/corpus.h"
#include "test/native/engine_rig.h"

namespace uwsgi_node::test {
namespace {

const std::string kGet = packet({{"REQUEST_METHOD", "GET"}, {"PATH_INFO", "/x"}});

void both(const char* what, void (*body)(Rig&)) {
  for (const auto kind : kBothKinds) {
    add_case(std::string(what) + ", " + name_of(kind), [=] {
      Rig rig(kind);
      body(rig);
    });
  }
}

std::string repeat(char byte, size_t times) { return std::string(times, byte); }

// --- packets
// ---------------------------------------------------------------------------------------------------------

CASE("every valid packet of the corpus reaches the application, or is refused for its modifier") {
  for (const ValidPacket& expected : valid_packets()) {
    Rig rig;
    Peer& peer = rig.connect();
    peer.send(expected.bytes);
    peer.end_sending();
    rig.until([&] { return peer.ended; }, expected.name.c_str());
    const uint64_t length = expected.content_length.value_or(0);
    if (expected.modifier1 == 100) {
      CHECK_EQ(peer.received, std::string("\x64\0\0\1", 4));
    } else if (expected.modifier1 != 0 && expected.modifier1 != 30) {
      CHECK_EQ(peer.received, "");
      CHECK(rig.rejected.at(0).reason == Rejection::kModifier);
      CHECK_EQ(rig.rejected.at(0).detail, expected.modifier1);
    } else if (length > 65536 || expected.body.size() == length) {
      CHECK_EQ(rig.seen.at(0).count, expected.vars.size());
      CHECK_EQ(rig.seen.at(0).body, expected.body);
      CHECK_EQ(rig.seen.at(0).streams, length > 65536);
      CHECK_EQ(peer.received, kHello);
    } else {
      CHECK(rig.seen.empty());  // its body never comes
    }
  }
}

CASE("every invalid packet of the corpus is refused with its answer") {
  for (const InvalidPacket& expected : invalid_packets()) {
    Rig rig;
    Peer& peer = rig.connect();
    peer.send(expected.bytes);
    peer.end_sending();
    rig.until([&] { return peer.ended; }, expected.name.c_str());
    CHECK(rig.seen.empty());
    const Rejection reason = rig.rejected.at(0).reason;
    CHECK(reason == (expected.reason == uwsgi::InvalidReason::kHttp  ? Rejection::kHttp
                     : expected.reason == uwsgi::InvalidReason::kTls ? Rejection::kTls
                                                                     : Rejection::kMalformed));
    if (reason == Rejection::kMalformed) {
      CHECK_EQ(rig.rejected.at(0).detail, static_cast<uint64_t>(expected.reason));
    }
    CHECK_EQ(peer.received, response_to(reason));
  }
}

const bool fragmentation = [] {
  both("a packet with its body may come a byte at a time", [](Rig& rig) {
    const std::string bytes = post("0123456789");
    Peer& peer = rig.connect();
    for (const char byte : bytes) {
      peer.send({&byte, 1});
      rig.turn();
    }
    rig.until([&] { return peer.ended; }, "the answer");
    CHECK_EQ(rig.seen.size(), 1u);
    CHECK_EQ(rig.seen[0].body, "0123456789");
    CHECK_EQ(peer.received, kHello);
  });
  both("a packet with its body may be split anywhere", [](Rig& rig) {
    const std::string bytes = post("body");
    for (size_t at = 1; at < bytes.size(); ++at) {
      Peer& peer = rig.connect();
      peer.send(std::string_view(bytes).substr(0, at));
      rig.settle();
      CHECK_EQ(rig.engine.open_requests(), 1u);
      peer.send(std::string_view(bytes).substr(at));
      rig.until([&] { return peer.ended; }, "the answer");
      CHECK_EQ(rig.seen.back().body, "body");
    }
    CHECK_EQ(rig.seen.size(), bytes.size() - 1);
  });
  both("vars of 65535 bytes come whole", [](Rig& rig) {
    const std::string value = repeat('v', 65535 - 4 - 1);
    CHECK_EQ(rig.exchange(packet({{"K", value}})), kHello);
    CHECK_EQ(rig.seen.at(0).vars.size(), 65535u);
    CHECK(rig.seen[0].vars.ends_with(value));
  });
  both("a body up to post-buffering is complete before the application runs", [](Rig& rig) {
    const std::string body = repeat('b', 65536);
    Peer& peer = rig.connect();
    const std::string bytes = post(body);
    peer.send(std::string_view(bytes).substr(0, bytes.size() - 1));
    rig.settle();
    CHECK(rig.seen.empty());
    peer.send("b");
    rig.until([&] { return peer.ended; }, "the answer");
    CHECK_EQ(rig.seen.at(0).body, body);
    CHECK(!rig.seen[0].streams);
  });
  return true;
}();

CASE("several requests wait and are all served, one after the other") {
  Rig rig;
  for (int i = 0; i < 60; ++i) rig.connect().send(kGet);
  rig.until(
      [&] {
        for (const Peer& peer : rig.peers) {
          if (!peer.ended) return false;
        }
        return true;
      },
      "sixty answers");
  for (const Peer& peer : rig.peers) CHECK_EQ(peer.received, kHello);
  CHECK_EQ(rig.engine.accepted(), 60u);
  CHECK_EQ(rig.engine.open_requests(), 0u);
}

CASE("bytes behind the body belong to nobody") {
  Rig rig;
  CHECK_EQ(rig.exchange(post("body") + kGet), kHello);
  CHECK_EQ(rig.seen.size(), 1u);
  CHECK_EQ(rig.seen[0].body, "body");
}

CASE("a ping is answered, whatever comes with it") {
  Rig rig;
  for (const std::string& ping : {packet({}, "", 100), packet({{"A", "b"}}, "", 100)}) {
    CHECK_EQ(rig.exchange(ping), std::string("\x64\0\0\1", 4));
  }
  CHECK(rig.seen.empty());
}

CASE("modifier 30 is passed on, others are refused without an answer") {
  Rig rig;
  CHECK_EQ(rig.exchange(packet({{"A", "b"}}, "", 30)), kHello);
  CHECK_EQ(rig.seen.at(0).modifier1, 30);
  CHECK_EQ(rig.exchange(packet({{"A", "b"}}, "", 5)), "");
  CHECK(rig.rejected.at(0).reason == Rejection::kModifier);
  CHECK_EQ(rig.rejected[0].detail, 5u);
}

// --- refusals
// --------------------------------------------------------------------------------------------------------

CASE("the answers to what is refused are complete responses") {
  for (const Rejection reason : {Rejection::kMalformed, Rejection::kHttp, Rejection::kTooSlow,
                                 Rejection::kBodyTooLarge, Rejection::kVarsTooLarge, Rejection::kStopped}) {
    const std::string_view response = response_to(reason);
    const size_t body = response.find("\r\n\r\n") + 4;
    CHECK(response.starts_with("HTTP/1.1 "));
    const std::string length = "\r\nContent-Length: " + std::to_string(response.size() - body) + "\r\n";
    CHECK(response.find(length) < body);
    CHECK(response.find("\r\nConnection: close\r\n") < body);
  }
  for (const Rejection reason :
       {Rejection::kTls, Rejection::kModifier, Rejection::kTruncated, Rejection::kOutOfDescriptors}) {
    CHECK_EQ(response_to(reason), "");
  }
}

CASE("a malformed packet is answered with 400") {
  Rig rig;
  CHECK_EQ(rig.exchange(packet({{"CONTENT_LENGTH", "12abc"}})),
           "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: 12\r\n"
           "Connection: close\r\n\r\nBad Request\n");
}

CASE("HTTP is answered in HTTP, with a hint") {
  Rig rig;
  const std::string answer = rig.exchange("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK(answer.starts_with("HTTP/1.1 400 Bad Request\r\n"));
  CHECK(answer.find("For HTTP use the option http-socket.") != std::string::npos);
  CHECK(rig.rejected.at(0).reason == Rejection::kHttp);
}

CASE("a body over limit-post is answered with 413 while it is still coming") {
  EngineSettings settings = Rig::quick();
  settings.limit_post = 10;
  Rig rig(Listener::Kind::kTcp, settings);
  CHECK_EQ(rig.exchange(post("0123456789")), kHello);
  const std::string answer = rig.exchange(post(repeat('x', 200'000)));
  CHECK(answer.starts_with("HTTP/1.1 413 Content Too Large\r\n"));
  CHECK(!rig.peers.back().was_reset);
  CHECK(rig.rejected.at(0).reason == Rejection::kBodyTooLarge);
  CHECK_EQ(rig.rejected[0].detail, 200'000u);
  CHECK_EQ(rig.seen.size(), 1u);
}

CASE("vars over buffer-size are answered with 431 before they have come") {
  EngineSettings settings = Rig::quick();
  settings.buffer_size = 100;
  Rig rig(Listener::Kind::kTcp, settings);
  CHECK_EQ(rig.exchange(packet({{"K", repeat('v', 95)}})), kHello);
  const std::string answer = rig.exchange(packet({{"K", repeat('v', 96)}}).substr(0, 4));
  CHECK(answer.starts_with("HTTP/1.1 431 Request Header Fields Too Large\r\n"));
  CHECK(rig.rejected.at(0).reason == Rejection::kVarsTooLarge);
  CHECK_EQ(rig.rejected[0].detail, 101u);
}

const bool too_slow = [] {
  for (const size_t sent :
       {size_t{0}, size_t{1}, size_t{3}, size_t{4}, size_t{10}, post("body").size() - 1}) {
    add_case("a peer that falls silent after " + std::to_string(sent) + " bytes gets 408", [=] {
      Rig rig;
      Peer& peer = rig.connect();
      peer.send(post("body").substr(0, sent));
      rig.until([&] { return peer.ended; }, "patience ends");
      CHECK_EQ(peer.received, response_to(Rejection::kTooSlow));
      CHECK(rig.rejected.at(0).reason == Rejection::kTooSlow);
      CHECK_EQ(rig.rejected[0].detail, sent);
      CHECK(rig.seen.empty());
    });
  }
  return true;
}();

CASE("a peer that keeps sending is not too slow, however long it takes") {
  EngineSettings settings = Rig::quick();
  settings.read_timeout_ms = 100;
  Rig rig(Listener::Kind::kUnix, settings);
  Peer& peer = rig.connect();
  const uint64_t begin = monotonic_ms();
  for (const char byte : post("body")) {
    peer.send({&byte, 1});
    const uint64_t next = monotonic_ms() + 5;
    rig.until([&] { return monotonic_ms() >= next; }, "time");
  }
  rig.until([&] { return peer.ended; }, "the answer");
  CHECK(monotonic_ms() - begin > settings.read_timeout_ms);
  CHECK_EQ(peer.received, kHello);
}

CASE("a refused peer that floods is left after drain_bytes") {
  EngineSettings settings = Rig::quick();
  settings.drain_bytes = 100'000;
  settings.drain_ms = 10'000;
  settings.limit_post = 10;
  Rig rig(Listener::Kind::kUnix, settings);
  Peer& peer = rig.connect();
  peer.send(post(repeat('x', 8'000'000)));
  rig.until([&] { return rig.engine.open_requests() == 0 && rig.engine.accepted() == 1; }, "the end");
  rig.until([&] { return peer.ended; }, "the answer");
  CHECK(peer.received.starts_with("HTTP/1.1 413"));
}

// --- bodies that stream
// ----------------------------------------------------------------------------------------------

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
  both("what came with the packet is delivered, though the socket never becomes readable again",
       [](Rig& rig) {
         EngineSettings settings = Rig::quick();
         settings.post_buffering = 4;
         Rig small(rig.listener.is_unix() ? Listener::Kind::kUnix : Listener::Kind::kTcp, settings);
         std::string body;
         read_async(small, &body);
         CHECK_EQ(small.exchange(post("01234")), kHello);
         CHECK_EQ(body, "01234");
       });
  both("a reader that does not ask holds up its peer", [](Rig& rig) {
    rig.application = [](Connection&, const Request&) {};
    Peer& peer = rig.connect();
    peer.send(post(repeat('x', 64'000'000)));
    rig.until([&] { return !rig.seen.empty(); }, "the request");
    for (int i = 0; i < 50; ++i) rig.turn();
    CHECK(!peer.all_sent());
    CHECK_EQ(rig.engine.open_requests(), 1u);
  });
  both("a body that stalls under an asynchronous reader is a 408", [](Rig& rig) {
    std::string body;
    read_async(rig, &body);
    Peer& peer = rig.connect();
    peer.send(post(repeat('x', 100'000)).substr(0, 90'000));
    rig.until([&] { return peer.ended; }, "patience ends");
    CHECK_EQ(peer.received, response_to(Rejection::kTooSlow));
    CHECK_EQ(rig.gone.size(), 1u);
  });
  both("a body that stalls under a reader that blocks is a timeout, and the request goes on", [](Rig& rig) {
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
  });
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
  peer.send(post(repeat('x', 8'000'000)).substr(0, 4'000'000));
  rig.until([&] { return !rig.rejected.empty(); }, "patience ends");
  CHECK(body.size() > settings.drain_bytes);
  peer.send(repeat('x', 4'000'000));
  rig.until([&] { return rig.engine.open_requests() == 0; }, "the end");
  rig.until([&] { return peer.ended; }, "the answer");
  CHECK_EQ(peer.received, response_to(Rejection::kTooSlow));
}

// --- responses
// -------------------------------------------------------------------------------------------------------

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
  both("a reader that stops reading is given up", [](Rig& rig) {
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
  });
  both("a reader that stops is given up, though the application keeps writing", [](Rig& rig) {
    Connection* running = nullptr;
    rig.application = [&](Connection& connection, const Request&) {
      running = &connection;
      rig.engine.write(connection, {}, borrowed(repeat('x', 20'000'000)));
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
  });
  both("a slow reader is not given up while it reads", [](Rig& rig) {
    EngineSettings settings = Rig::quick();
    settings.write_timeout_ms = 400;
    Rig patient(rig.listener.is_unix() ? Listener::Kind::kUnix : Listener::Kind::kTcp, settings);
    patient.application = [&](Connection& connection, const Request&) {
      narrow(connection);
      patient.engine.respond(connection, borrowed(repeat('x', 400'000)), {});
    };
    Peer& peer = patient.connect();
    peer.send(kGet);
    peer.reads = false;
    const uint64_t begin = monotonic_ms();
    patient.until(
        [&] {
          const uint64_t next = monotonic_ms() + 5;
          patient.until([&] { return monotonic_ms() >= next; }, "time");
          char some[4096];
          const ssize_t got = recv(peer.fd(), some, sizeof some, 0);
          if (got > 0) peer.received.append(some, static_cast<size_t>(got));
          return got == 0;
        },
        "the whole response");
    CHECK_EQ(peer.received.size(), 400'000u);
    CHECK(monotonic_ms() - begin > settings.write_timeout_ms);
  });
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
  both("a response may come long after the request", [](Rig& rig) {
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
  });
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

// --- unread bodies
// ---------------------------------------------------------------------------------------------------

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
  both("who never sends the rest of an unread body is left after drain_ms", [](Rig& rig) {
    Peer& peer = rig.connect();
    peer.send(post(repeat('x', 500'000)).substr(0, 100'000));
    rig.until([&] { return rig.engine.open_requests() == 1; }, "the request");
    const uint64_t begin = monotonic_ms();
    rig.until([&] { return rig.engine.open_requests() == 0; }, "patience ends");
    CHECK(monotonic_ms() - begin < 2'000);
    CHECK_EQ(peer.received, kHello);
  });
  both("who took its time to read the response gets no more than drain_ms for the rest of its body",
       [](Rig& rig) {
         EngineSettings settings = Rig::quick();
         settings.write_timeout_ms = 60'000;
         Rig patient(rig.listener.is_unix() ? Listener::Kind::kUnix : Listener::Kind::kTcp, settings);
         patient.application = [&](Connection& connection, const Request&) {
           patient.engine.respond(connection, borrowed(repeat('y', 8'000'000)), {});
         };
         Peer& peer = patient.connect();
         peer.reads = false;
         peer.send(post(repeat('x', 500'000)).substr(0, 100'000));
         patient.until([&] { return patient.engine.open_requests() == 1 && !patient.seen.empty(); },
                       "the request");
         patient.settle();
         peer.reads = true;
         patient.until([&] { return peer.ended; }, "the response");
         CHECK_EQ(peer.received.size(), 8'000'000u);
         patient.until([&] { return patient.engine.open_requests() == 0; }, "patience ends");
       });
  both("a peer that floods behind its response does not keep the engine from others", [](Rig& rig) {
    EngineSettings settings = Rig::quick();
    settings.drain_ms = 10'000;
    Rig busy(rig.listener.is_unix() ? Listener::Kind::kUnix : Listener::Kind::kTcp, settings);
    Peer& flood = busy.connect();
    flood.send(post(repeat('x', 40'000'000)));
    busy.until([&] { return flood.ended; }, "the answer");
    CHECK(!flood.all_sent());
    CHECK_EQ(busy.exchange(kGet), kHello);
    CHECK(!flood.all_sent());
  });
  both("of an unread body no more than drain_bytes is read away", [](Rig& rig) {
    EngineSettings settings = Rig::quick();
    settings.drain_bytes = 100'000;
    settings.drain_ms = 10'000;
    Rig small(rig.listener.is_unix() ? Listener::Kind::kUnix : Listener::Kind::kTcp, settings);
    Peer& peer = small.connect();
    peer.send(post(repeat('x', 30'000'000)));
    small.until([&] { return peer.ended; }, "the answer");
    CHECK_EQ(peer.received, kHello);
    small.until([&] { return small.engine.open_requests() == 0; }, "the end");
  });
  return true;
}();

}  // namespace
}  // namespace uwsgi_node::test
