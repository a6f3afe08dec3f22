#include "test/native/engine_rig.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>

#include "native/core/clock.h"
#include "native/core/socket.h"
#include "test/native/check.h"

namespace uwsgi_node::test {
namespace {

std::string sized(std::string_view text) {
  std::string out;
  out += static_cast<char>(text.size() & 0xff);
  out += static_cast<char>(text.size() >> 8);
  out += text;
  return out;
}

// An abstract address is free again when its listener is closed, and needs no directory.
std::string next_name() {
  static std::atomic<int> number = 0;
  return "@uwsgi-node-test-" + std::to_string(getpid()) + "-" + std::to_string(number++);
}

}  // namespace

std::string packet(const Vars& vars, std::string_view body, uint8_t modifier1) {
  std::string block;
  for (const auto& [key, value] : vars) block += sized(key) + sized(value);
  std::string out;
  out += static_cast<char>(modifier1);
  out += static_cast<char>(block.size() & 0xff);
  out += static_cast<char>(block.size() >> 8);
  out += '\0';
  return out.append(block).append(body);
}

std::string post(std::string_view body) { return post_of(body.size()).append(body); }

std::string post_of(size_t size) {
  return packet({{"REQUEST_METHOD", "POST"}, {"CONTENT_LENGTH", std::to_string(size)}});
}

const char* name_of(Listener::Kind kind) { return kind == Listener::Kind::kUnix ? "unix" : "tcp"; }

Listener::Listener(Kind kind) : kind_(kind) {
  const BoundSocket bound = bind_listener(is_unix() ? next_name() : "127.0.0.1:0", {.backlog = 64});
  if (bound.fd < 0) std::abort();
  fd_ = bound.fd;
  name_ = bound.name;
}

Listener::~Listener() { ::close(fd_); }

int Listener::connect() const {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
  const int fd = socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) std::abort();
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), size) != 0 && errno != EINPROGRESS)
    std::abort();
  return fd;
}

void Peer::push() {
  while (!all_sent() && fd_ >= 0) {
    if (outgoing_.empty()) {
      outgoing_.assign(std::min<size_t>(filling_, 65536), 'x');
      filling_ -= outgoing_.size();
    }
    const ssize_t sent = ::send(fd_, outgoing_.data(), outgoing_.size(), MSG_NOSIGNAL);
    if (sent < 0 && (errno == EAGAIN || errno == ENOTCONN)) return;
    // Whoever does not read any more has closed; that is seen when reading.
    if (sent < 0) drop_queue();
    if (sent > 0) outgoing_.erase(0, static_cast<size_t>(sent));
  }
  if (ends_ && fd_ >= 0) shutdown(fd_, SHUT_WR);
}

void Peer::drop_queue() {
  outgoing_.clear();
  filling_ = 0;
}

void Peer::pull() {
  if (!reads || fd_ < 0 || ended) return;
  char buffer[65536];
  for (;;) {
    const ssize_t got = recv(fd_, buffer, sizeof buffer, 0);
    if (got < 0 && (errno == EAGAIN || errno == ENOTCONN)) return;
    if (got > 0) {
      received.append(buffer, static_cast<size_t>(got));
      continue;
    }
    ended = true;
    was_reset = got < 0;
    return;
  }
}

void Peer::leave() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

void Peer::reset() {
  const linger now{.l_onoff = 1, .l_linger = 0};
  setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  leave();
}

EngineSettings Rig::patient() {
  EngineSettings settings;
  settings.read_timeout_ms = settings.write_timeout_ms = settings.drain_ms = 60'000;
  return settings;
}

EngineSettings Rig::quick() {
  EngineSettings settings;
  settings.read_timeout_ms = 60;
  settings.write_timeout_ms = 60;
  settings.drain_ms = 60;
  return settings;
}

Rig::Rig(Listener::Kind kind, const EngineSettings& settings)
    : listener(kind),
      places(kMaxVars),
      names(kMaxVars),
      engine(*this, settings, places.data(), names.data()) {
  engine.add_listener(listener.fd(), listener.is_unix());
  application = [this](Connection& connection, const Request&) {
    engine.respond(connection, borrowed(kHello), {});
  };
}

Rig::~Rig() { engine.abandon(); }

Peer& Rig::connect() { return peers.emplace_back(listener); }

void Rig::turn() {
  for (Peer& peer : peers) peer.push();
  pollfd waiting[] = {{.fd = engine.fd(), .events = POLLIN, .revents = 0},
                      {.fd = listening ? listener.fd() : -1, .events = POLLIN, .revents = 0}};
  // A millisecond, so that waiting for a deadline does not burn the CPU.
  poll(waiting, 2, 1);
  // As the binding does: new connections first.
  if (waiting[1].revents != 0) {
    ++serves;
    engine.serve(listener.fd());
  }
  if (waiting[0].revents != 0) engine.run();
  if (ticking) engine.tick();
  for (Peer& peer : peers) peer.pull();
}

void Rig::until(const std::function<bool()>& done, const char* what) {
  uint64_t waited_ms = 0;
  for (uint64_t at = monotonic_ms(); !done();) {
    if (waited_ms > 5000) throw Failure{std::string("waited five seconds for: ") + what};
    turn();
    // A turn takes a millisecond, unless the machine has no time for this process: then nobody waits.
    const uint64_t now = monotonic_ms();
    waited_ms += std::min<uint64_t>(now - at, 10);
    at = now;
  }
}

void Rig::settle() {
  for (int i = 0; i < 8; ++i) turn();
}

std::string Rig::exchange(std::string_view bytes) {
  Peer& peer = connect();
  peer.send(bytes);
  until([&] { return peer.ended; }, "the engine closes");
  return peer.received;
}

void Rig::on_request(Connection& connection, const Request& request) {
  seen.push_back({connection.id, std::string(as_text(request.vars)), request.count,
                  std::string(as_text(request.body)), request.streams, request.modifier1});
  application(connection, request);
}

void Rig::on_rejected(Rejection reason, Protocol, int, uint64_t detail) {
  rejected.push_back({reason, detail});
}

const std::string kGet = packet({{"REQUEST_METHOD", "GET"}, {"PATH_INFO", "/x"}});

std::string repeat(char byte, size_t times) { return std::string(times, byte); }

std::string_view large() {
  static const std::string text = repeat('x', 20'000'000);
  return text;
}

void both(const char* what, void (*body)(Rig&), const EngineSettings& settings) {
  for (const auto kind : kBothKinds) {
    add_case(std::string(what) + ", " + name_of(kind), [=] {
      Rig rig(kind, settings);
      body(rig);
    });
  }
}

EngineSettings changed(EngineSettings settings, void (*change)(EngineSettings&)) {
  change(settings);
  return settings;
}

Segment borrowed(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

Segment owned(std::string text, int* alive) {
  struct Owner {
    std::string text;
    int* alive;
  };
  auto* owner = new Owner{std::move(text), alive};
  ++*alive;
  return {reinterpret_cast<const uint8_t*>(owner->text.data()), owner->text.size(),
          [](void* gone) {
            auto* done = static_cast<Owner*>(gone);
            --*done->alive;
            delete done;
          },
          owner};
}

}  // namespace uwsgi_node::test
