// From a peer's first byte to the application, and whom the engine turns away.
#include "native/core/engine.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <stop_token>
#include <thread>

#include "native/core/clock.h"
#include "native/core/rejections.h"
#include "test/native/check.h"
#include "test/native/corpus.h"
#include "test/native/engine_rig.h"

namespace uwsgi_node::test {
namespace {

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
    CHECK(reason == (expected.reason == InvalidReason::kHttp  ? Rejection::kHttp
                     : expected.reason == InvalidReason::kTls ? Rejection::kTls
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

CASE("the answers are these, to the byte") {
  const auto plain = [](const std::string& status, const std::string& text) {
    return "HTTP/1.1 " + status +
           "\r\nContent-Type: text/plain\r\nContent-Length: " + std::to_string(text.size()) +
           "\r\nConnection: close\r\n\r\n" + text;
  };
  const std::pair<Rejection, std::string> answers[] = {
      {Rejection::kMalformed, plain("400 Bad Request", "Bad Request\n")},
      {Rejection::kTooSlow, plain("408 Request Timeout", "Request Timeout\n")},
      {Rejection::kBodyTooLarge, plain("413 Content Too Large", "Content Too Large\n")},
      {Rejection::kVarsTooLarge,
       plain("431 Request Header Fields Too Large", "Request Header Fields Too Large\n")},
      {Rejection::kStopped, plain("503 Service Unavailable", "Service Unavailable\n")},
  };
  for (const auto& [reason, answer] : answers) CHECK_EQ(response_to(reason), answer);
}

CASE("a malformed packet is answered with 400") {
  Rig rig;
  CHECK_EQ(rig.exchange(packet({{"CONTENT_LENGTH", "12abc"}})), response_to(Rejection::kMalformed));
}

CASE("HTTP is answered in HTTP, with a hint") {
  Rig rig;
  const std::string answer = rig.exchange("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK(answer.starts_with("HTTP/1.1 400 Bad Request\r\n"));
  CHECK(answer.find("For HTTP use the option http-socket.") != std::string::npos);
  CHECK(rig.rejected.at(0).reason == Rejection::kHttp);
}

CASE("a body over limit-post is answered with 413 while it is still coming") {
  EngineSettings settings = Rig::patient();
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
  EngineSettings settings = Rig::patient();
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
      Rig rig(Listener::Kind::kUnix, Rig::quick());
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

CASE("a signal while a peer is waited for does not cost its request") {
  struct sigaction ignored {};
  ignored.sa_handler = [](int) {};
  sigaction(SIGUSR1, &ignored, nullptr);
  const std::jthread signals([engine_thread = pthread_self()](const std::stop_token& over) {
    for (; !over.stop_requested(); usleep(100)) pthread_kill(engine_thread, SIGUSR1);
  });
  for (int round = 0; round < 5; ++round) {
    Rig rig;
    Peer& peer = rig.connect();
    rig.until([&] { return rig.serves > 0; }, "the connection");
    peer.send(kGet);
    rig.until([&] { return peer.ended; }, "an end");
    CHECK_EQ(peer.received, kHello);
  }
}

CASE("a peer that has sent while the thread was busy is not too slow") {
  Rig rig(Listener::Kind::kUnix, Rig::quick());
  Peer& peer = rig.connect();
  peer.send(post("body").substr(0, 10));
  rig.until([&] { return rig.engine.open_requests() == 1; }, "the beginning");
  peer.send(post("body").substr(10));
  peer.push();
  usleep(2 * Rig::quick().read_timeout_ms * 1000);
  // As an event loop does: timers first.
  rig.engine.tick();
  rig.until([&] { return peer.ended; }, "the answer");
  CHECK_EQ(peer.received, kHello);
}

CASE("a peer that has read while the thread was busy is not too slow") {
  Rig rig(Listener::Kind::kUnix, Rig::quick());
  const std::string body = repeat('x', 2'000'000);
  rig.application = [&](Connection& connection, const Request&) {
    rig.engine.respond(connection, borrowed(body), {});
  };
  Peer& peer = rig.connect();
  peer.reads = false;
  peer.send(kGet);
  rig.until([&] { return !rig.seen.empty() && rig.ticking; }, "a response that waits for its reader");
  peer.reads = true;
  peer.pull();
  usleep(2 * Rig::quick().write_timeout_ms * 1000);
  rig.engine.tick();
  rig.until([&] { return peer.ended; }, "the rest");
  CHECK_EQ(peer.received.size(), body.size());
}

CASE("a peer that keeps sending is not too slow, however long it takes") {
  EngineSettings settings = Rig::quick();
  settings.read_timeout_ms = 400;
  Rig rig(Listener::Kind::kUnix, settings);
  Peer& peer = rig.connect();
  const uint64_t begin = monotonic_ms();
  for (const char byte : post("body")) {
    peer.send({&byte, 1});
    const uint64_t next = monotonic_ms() + 10;
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
  peer.send(post_of(8'000'000));
  peer.send_filling(8'000'000);
  rig.until([&] { return rig.engine.open_requests() == 0 && rig.engine.accepted() == 1; }, "the end");
  rig.until([&] { return peer.ended; }, "the answer");
  CHECK(peer.received.starts_with("HTTP/1.1 413"));
}

}  // namespace
}  // namespace uwsgi_node::test
