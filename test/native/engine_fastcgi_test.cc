// FastCGI through a whole engine: records in any pieces, connections that stay open, and what is refused.
#include <algorithm>
#include <string>

#include "native/core/engine.h"
#include "test/native/check.h"
#include "test/native/fastcgi_records.h"
#include "test/native/fastcgi_rig.h"

namespace uwsgi_node::test {
namespace {

const Vars kVars = {{"REQUEST_METHOD", "GET"}, {"SCRIPT_NAME", "/x"}};
constexpr std::string_view kCgiHello = "Status: 200 OK\r\n\r\nhello";

Vars with_length(size_t size) {
  return {{"REQUEST_METHOD", "POST"}, {"CONTENT_LENGTH", std::to_string(size)}};
}

CASE("answers in records, and keeps the connection") {
  FastcgiRig rig;
  Peer& peer = rig.open();
  for (int i = 1; i <= 3; ++i) {
    const Answer answer = rig.ask(peer, fastcgi(kVars), i);
    CHECK_EQ(answer.ends, i);
    CHECK_EQ(answer.status, 0);
    CHECK(!peer.ended);
  }
  CHECK_EQ(read_records(peer.received).output,
           std::string(kCgiHello) + std::string(kCgiHello) + std::string(kCgiHello));
  CHECK_EQ(rig.engine.open_requests(), 0u);
  CHECK_EQ(rig.seen[2].count, 2u);
}

CASE("closes where FCGI_KEEP_CONN is missing") {
  FastcgiRig rig;
  Peer& peer = rig.open();
  CHECK_EQ(rig.ask(peer, fastcgi(kVars, "", false)).output, kCgiHello);
  rig.wait([&] { return peer.ended; }, "the engine closes");
  CHECK(!peer.was_reset);
}

CASE("takes requests in pieces of any size") {
  for (const size_t piece : {1u, 2u, 3u, 7u, 8u, 9u, 64u}) {
    FastcgiRig rig;
    Peer& peer = rig.open();
    const std::string body = repeat('b', 100);
    const std::string bytes = begin_request() + record(4, 1, name_value(with_length(100)).substr(0, 20), 5) +
                              record(4, 1, name_value(with_length(100)).substr(20), 3) + record(4, 1, "", 2) +
                              record(5, 1, body.substr(0, 30), 7) + record(5, 1, body.substr(30)) +
                              record(5, 1, "", 6);
    for (int round = 1; round <= 2; ++round) {
      for (size_t at = 0; at < bytes.size(); at += piece) {
        peer.send(bytes.substr(at, piece));
        peer.push();
        rig.engine.serve(rig.fastcgi_listener.fd());
        rig.engine.run();
      }
      rig.wait([&] { return read_records(peer.received).ends == round; }, "an answer");
    }
    CHECK_EQ(rig.seen.size(), 2u);
    CHECK_EQ(rig.seen[1].body, body);
    CHECK_EQ(rig.seen[1].vars, name_value(with_length(100)));
    CHECK(rig.rejected.empty());
  }
}

CASE("streams a large body, with a length and without") {
  const std::string body = repeat('l', 300'000);
  for (const bool has_length : {true, false}) {
    FastcgiRig rig;
    std::string got;
    bool ended = false;
    rig.application = [&](Connection& connection, const Request& request) {
      CHECK(request.streams);
      rig.engine.want_body(connection);
    };
    rig.data = [&](Connection& connection, Bytes chunk) {
      got += as_text(chunk);
      if (!chunk.empty()) return rig.engine.want_body(connection);
      ended = true;
      rig.engine.respond(connection, borrowed(kHello), {});
    };
    Peer& peer = rig.open();
    std::string stdin_records;
    for (size_t at = 0; at < body.size(); at += 32768)
      stdin_records += record(5, 1, body.substr(at, 32768), 3);
    const std::string request = begin_request() +
                                record(4, 1, name_value(has_length ? with_length(body.size()) : kVars)) +
                                record(4, 1, "") + stdin_records + record(5, 1, "");
    for (int round = 1; round <= 2; ++round) {
      got.clear();
      rig.ask(peer, request, round);
      CHECK(ended);
      CHECK(got == body);
    }
    CHECK_EQ(rig.engine.open_requests(), 0u);
  }
}

CASE("reads away a body that nobody wanted, and goes on") {
  FastcgiRig rig;
  Peer& peer = rig.open();
  const std::string body = repeat('u', 60'000);
  std::string request = begin_request() + record(4, 1, name_value(with_length(300'000))) + record(4, 1, "");
  for (int i = 0; i < 5; ++i) request += record(5, 1, body);
  const Answer answer = rig.ask(peer, request + record(5, 1, "") + fastcgi(kVars), 2);
  CHECK_EQ(answer.ends, 2);
  CHECK_EQ(rig.seen.size(), 2u);
}

CASE("frames a large response, from memory of any kind and from a file") {
  const std::string body = repeat('r', 1'000'000);
  FastcgiRig rig;
  int alive = 0;
  rig.application = [&](Connection& connection, const Request&) {
    rig.engine.respond(connection, borrowed("HTTP/1.1 200 OK\r\n\r\n"), owned(body, &alive));
  };
  Peer& peer = rig.open();
  CHECK(rig.ask(peer, fastcgi(kVars)).output == "Status: 200 OK\r\n\r\n" + body);
  CHECK_EQ(alive, 0);
  rig.application = [&](Connection& connection, const Request&) {
    rig.engine.respond(connection, borrowed("HTTP/1.1 200 OK\r\n\r\n"), borrowed(body));
  };
  CHECK(rig.ask(peer, fastcgi(kVars), 2).output.ends_with("Status: 200 OK\r\n\r\n" + body));
  FILE* file = tmpfile();
  fwrite(body.data(), 1, body.size(), file);
  rewind(file);
  rig.application = [&](Connection& connection, const Request&) {
    CHECK_EQ(rig.engine.send_file(connection, borrowed("HTTP/1.1 201 OK\r\n\r\n"), fileno(file), -1, -1),
             1'000'000);
  };
  const Answer answer = rig.ask(peer, fastcgi(kVars), 3);
  CHECK(answer.output.ends_with("Status: 201 OK\r\n\r\n" + body));
  CHECK_EQ(answer.ends, 3);
  fclose(file);
}

CASE("answers what is not a request of its own") {
  FastcgiRig rig;
  Peer& peer = rig.open();
  const std::string values = name_value({{"FCGI_MPXS_CONNS", ""}, {"FCGI_MAX_CONNS", ""}, {"OTHER", ""}});
  peer.send(record(9, 0, values) + record(77, 0, "") + begin_request(1, true, 2));
  const Answer answer = rig.ask(peer, fastcgi(kVars), 2);
  CHECK(answer.types == std::vector<int>({10, 11, 3, 6, 6, 3}));
  CHECK(peer.received.find("FCGI_MPXS_CONNS0") != std::string::npos);
  CHECK(peer.received.find("OTHER") == std::string::npos);
  CHECK_EQ(answer.output, kCgiHello);
}

CASE("refuses a second request while the first is unfinished") {
  FastcgiRig rig;
  Peer& peer = rig.open();
  const std::string rest =
      record(4, 1, name_value(kVars)) + begin_request(3) + record(4, 1, "") + record(5, 1, "");
  const Answer answer = rig.ask(peer, begin_request(1) + begin_request(2) + rest, 3);
  CHECK_EQ(answer.ends, 3);
  CHECK_EQ(answer.output, kCgiHello);
  CHECK_EQ(rig.seen.size(), 1u);
}

CASE("ends a request that is aborted, before and while it runs") {
  FastcgiRig rig;
  Peer& peer = rig.open();
  CHECK_EQ(rig.ask(peer, begin_request() + record(4, 1, name_value(kVars)) + record(2, 1, "")).ends, 1);
  CHECK(rig.seen.empty());
  rig.application = [](Connection&, const Request&) {};
  peer.send(fastcgi(kVars));
  rig.wait([&] { return rig.seen.size() == 1; }, "the request");
  CHECK_EQ(rig.ask(peer, record(2, 1, ""), 2).ends, 2);
  CHECK_EQ(rig.gone.size(), 1u);
  rig.application = [&](Connection& connection, const Request&) {
    rig.engine.respond(connection, borrowed(kHello), {});
  };
  CHECK_EQ(rig.ask(peer, fastcgi(kVars), 3).output, kCgiHello);
}

CASE("tells the application of a peer that left") {
  FastcgiRig rig;
  rig.application = [](Connection&, const Request&) {};
  Peer& peer = rig.open();
  peer.send(fastcgi(kVars));
  rig.wait([&] { return rig.seen.size() == 1; }, "the request");
  peer.leave();
  rig.wait([&] { return rig.gone.size() == 1; }, "the loss");
  CHECK_EQ(rig.engine.open_requests(), 0u);
}

CASE("refuses what cannot be, with a request's answer where there is a request") {
  const auto refused = [](std::string_view bytes, std::string_view status, InvalidReason reason) {
    FastcgiRig rig;
    Peer& peer = rig.open();
    const Answer answer = rig.ask(peer, bytes);
    rig.wait([&] { return peer.ended; }, "the engine closes");
    CHECK_EQ(answer.output.substr(0, status.size()), status);
    CHECK_EQ(rig.rejected.size(), 1u);
    CHECK(rig.rejected[0].reason == Rejection::kMalformed);
    CHECK_EQ(rig.rejected[0].detail, static_cast<uint64_t>(reason));
  };
  refused(kGet, "", InvalidReason::kVersion);
  refused(begin_request() + record(5, 1, "x"), "Status: 400", InvalidReason::kUnexpected);
  refused(fastcgi({{"CONTENT_LENGTH", "x"}}), "Status: 400", InvalidReason::kBadContentLength);
  refused(fastcgi(with_length(5), "1234"), "Status: 400", InvalidReason::kShortBody);
  refused(fastcgi({{"", "x"}}), "Status: 400", InvalidReason::kEmptyKey);
  refused(begin_request() + record(4, 1, "\5\5ab") + record(4, 1, "") + record(5, 1, ""), "Status: 400",
          InvalidReason::kTruncatedVar);
}

CASE("refuses vars and bodies that are too large") {
  FastcgiRig rig(changed(Rig::patient(), [](EngineSettings& settings) {
    settings.buffer_size = 1000;
    settings.limit_post = 10;
  }));
  Peer& vars = rig.open();
  CHECK(rig.ask(vars, fastcgi({{"A", repeat('a', 2000)}})).output.starts_with("Status: 431"));
  Peer& body = rig.open();
  CHECK(rig.ask(body, fastcgi(with_length(11), repeat('b', 11))).output.starts_with("Status: 413"));
  CHECK(rig.seen.empty());
}

CASE("tells an HTTP client in HTTP") {
  FastcgiRig rig;
  Peer& peer = rig.open();
  peer.send("GET / HTTP/1.1\r\n\r\n");
  rig.wait([&] { return peer.ended; }, "the engine closes");
  CHECK(peer.received.starts_with("HTTP/1.1 400"));
}

CASE("takes on no more unfinished requests than it may, over kept connections too") {
  FastcgiRig rig(changed(Rig::patient(), [](EngineSettings& settings) { settings.max_requests = 1; }));
  std::vector<uint32_t> running;
  Peer& first = rig.open();
  rig.ask(first, fastcgi(kVars));
  Peer& second = rig.open();
  rig.ask(second, fastcgi(kVars));
  rig.application = [&](Connection& connection, const Request&) { running.push_back(connection.id); };
  first.send(fastcgi(kVars));
  second.send(fastcgi(kVars));
  rig.settle();
  CHECK_EQ(running.size(), 1u);
  rig.engine.respond(rig.engine.connection(running[0]), borrowed(kHello), {});
  rig.wait([&] { return running.size() == 2; }, "the other request");
  rig.engine.respond(rig.engine.connection(running[1]), borrowed(kHello), {});
  rig.wait([&] { return read_records(first.received).ends + read_records(second.received).ends == 4; },
           "both answers");
}

CASE("closes idle connections when it stops, and busy ones after their response") {
  FastcgiRig rig;
  Peer& idle = rig.open();
  rig.ask(idle, fastcgi(kVars));
  rig.application = [](Connection&, const Request&) {};
  Peer& busy = rig.open();
  busy.send(fastcgi(kVars));
  rig.wait([&] { return rig.seen.size() == 2; }, "the request");
  rig.engine.stop_accepting();
  rig.wait([&] { return idle.ended; }, "the idle connection closes");
  CHECK_EQ(rig.engine.open_requests(), 1u);
  rig.engine.respond(rig.engine.connection(rig.seen[1].id), borrowed(kHello), {});
  rig.wait([&] { return busy.ended; }, "the busy connection closes");
  CHECK_EQ(read_records(busy.received).output, kCgiHello);
}

CASE("answers what has come over an idle connection when it stops, and closes it then") {
  FastcgiRig rig;
  Peer& peer = rig.open();
  rig.ask(peer, fastcgi(kVars));
  rig.application = [](Connection&, const Request&) {};
  peer.send(fastcgi(kVars));
  peer.push();
  rig.engine.stop_accepting();
  CHECK_EQ(rig.engine.open_requests(), 1u);
  rig.wait([&] { return rig.seen.size() == 2; }, "the request");
  rig.engine.respond(rig.engine.connection(rig.seen[1].id), borrowed(kHello), {});
  rig.wait([&] { return peer.ended; }, "the connection closes");
  CHECK_EQ(read_records(peer.received).ends, 2);
  CHECK(!peer.was_reset);
  CHECK_EQ(rig.engine.open_requests(), 0u);
}

CASE("answers all requests that were sent ahead when it stops") {
  FastcgiRig rig;
  Peer& peer = rig.open();
  rig.application = [](Connection&, const Request&) {};
  for (int i = 0; i < 3; ++i) peer.send(fastcgi(kVars));
  rig.wait([&] { return rig.seen.size() == 1; }, "the first request");
  rig.settle();
  rig.engine.stop_accepting(true);
  for (size_t i = 0; i < 3; ++i) {
    rig.wait([&] { return rig.seen.size() == i + 1; }, "a request");
    CHECK_EQ(rig.engine.open_requests(), 1u);
    rig.engine.respond(rig.engine.connection(rig.seen[i].id), borrowed(kHello), {});
  }
  rig.wait([&] { return peer.ended; }, "the connection closes");
  CHECK_EQ(read_records(peer.received).ends, 3);
}

CASE("waits for the request of a connection that it accepts as it stops") {
  FastcgiRig rig;
  Peer& peer = rig.open();
  rig.engine.stop_accepting();
  CHECK_EQ(rig.engine.open_requests(), 1u);
  CHECK_EQ(rig.ask(peer, fastcgi(kVars)).output, kCgiHello);
  rig.wait([&] { return peer.ended; }, "the connection closes");
}

// The refusal of a second request, while the first one's body is awaited, finds nobody.
void leave_with_another_request(Peer& peer) {
  peer.send(begin_request(2));
  peer.push();
  peer.leave();
}

CASE("closes once a connection whose peer left while its body was read away") {
  FastcgiRig rig;
  Peer& peer = rig.open();
  peer.send(begin_request() + record(4, 1, name_value(with_length(1'000'000))) + record(4, 1, ""));
  rig.wait([&] { return read_records(peer.received).ends == 1; }, "the answer");
  leave_with_another_request(peer);
  rig.settle();
  CHECK_EQ(rig.engine.open_requests(), 0u);
  CHECK(rig.listening);
  CHECK_EQ(rig.ask(rig.open(), fastcgi(kVars)).output, kCgiHello);
}

CASE("leaves a request to the application that finds in reading that its peer has left") {
  FastcgiRig rig;
  Peer& peer = rig.open();
  rig.application = [&](Connection& connection, const Request&) {
    leave_with_another_request(peer);
    uint8_t byte;
    size_t got = 0;
    CHECK(rig.engine.read_body(connection, &byte, 1, &got) == ReadResult::kGone);
    CHECK(connection.state == ConnectionState::kRunning);
    rig.engine.respond(connection, borrowed(kHello), {});
  };
  peer.send(begin_request() + record(4, 1, name_value(with_length(1'000'000))) + record(4, 1, ""));
  rig.wait([&] { return rig.seen.size() == 1; }, "the request");
  CHECK(rig.gone.empty());
  CHECK_EQ(rig.engine.open_requests(), 0u);
}

}  // namespace
}  // namespace uwsgi_node::test
