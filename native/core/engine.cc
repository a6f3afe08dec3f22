// The engine's connections: where they come from, and their slots.
#include "native/core/engine.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "native/core/clock.h"
#include "native/core/receive.h"

namespace uwsgi_node {
namespace {

// A turn ends after so many requests as well.
constexpr int kTurnRequests = 64;
constexpr uint64_t kBackOffMs = 100;

}  // namespace

Engine::Engine(EngineHost& host, const EngineSettings& settings, VarPlace* places, uint16_t* names)
    : host_(host),
      settings_(settings),
      places_(places),
      names_(names),
      reading_(settings.read_timeout_ms),
      writing_(settings.write_timeout_ms),
      draining_(settings.drain_ms),
      harakiri_(settings.harakiri_ms),
      receive_(new uint8_t[kReceiveSize]) {
  epoll_fd_ = epoll_create1(EPOLL_CLOEXEC);
  name_ = static_cast<uint64_t>(getpid()) << 32 | static_cast<uint32_t>(epoll_fd_);
  wake_fd_ = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  epoll_event event{.events = EPOLLIN, .data = {.u64 = kWake}};
  if (wake_fd_ >= 0 && epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, wake_fd_, &event) == 0) return;
  // Half an engine is none.
  if (epoll_fd_ >= 0) ::close(epoll_fd_);
  epoll_fd_ = -1;
}

Engine::~Engine() {
  // The host is being destroyed as well: nothing is reported to it any more.
  accepting_ = true;
  running_ = nullptr;
  published_ms_ = 0;
  for (auto& connection : connections_) connection->deadline.cancel();
  for (auto& connection : connections_) {
    if (connection->state != ConnectionState::kFree) close(*connection);
  }
  if (wake_fd_ >= 0) ::close(wake_fd_);
  if (epoll_fd_ >= 0) ::close(epoll_fd_);
}

void Engine::add_listener(int fd, bool unix_socket, Protocol protocol) {
  listeners_.push_back({fd, unix_socket, protocol});
  if (unix_socket || protocol != Protocol::kFastcgi) return;
  // Connections that stay open inherit it: a peer that vanished without a word is found some day.
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
}

void Engine::add_exchange(int fd) { listeners_.push_back({fd, true, Protocol::kFastcgi, true}); }

Connection& Engine::open(int fd, const Listener& listener) {
  if (free_.empty()) {
    free_.push_back(static_cast<uint32_t>(connections_.size()));
    connections_.push_back(std::make_unique<Connection>(free_.back()));
  }
  Connection& connection = *connections_[free_.back()];
  free_.pop_back();
  connection.fd = fd;
  connection.state = ConnectionState::kReading;
  connection.unix_peer = listener.unix_socket;
  connection.protocol = listener.protocol;
  ++open_;
  return connection;
}

void Engine::forget_request(Connection& connection) {
  connection.cancel();
  connection.deadline.cancel();
  connection.note.reset();
  publish_deadline();
  connection.response_begun = connection.wants_body = false;
  connection.buffer.reset();
  connection.capacity = connection.begin = connection.end = 0;
  connection.content_length = connection.body_taken = 0;
}

// close(2) takes the descriptor out of epoll as well: it is never duplicated.
void Engine::close(Connection& connection) {
  forget_request(connection);
  ::close(connection.fd);
  connection.fd = -1;
  if (connection.state == ConnectionState::kIdle) --idle_;
  connection.state = ConnectionState::kFree;
  if (connection.upgraded) --upgraded_;
  if (connection.parked) --parked_;
  connection.upgraded = connection.parked = connection.was_full = false;
  connection.armed = 0;
  ++connection.generation;
  connection.response.clear();
  if (connection.protocol == Protocol::kFastcgi) {
    connection.input = {};
    connection.following.clear();
  }
  free_.push_back(connection.id);
  --open_;
  if (!accepting_ || parked_ > 0) update_accepting();
}

void Engine::serve(int listener_fd) {
  if (serving_) return;
  serving_ = true;
  for (const Listener& listener : listeners_) {
    if (listener.fd != listener_fd) continue;
    const uint64_t until = coarse_ns() + kTurnNs;
    for (int served = 0; served < kTurnRequests && accepting_ && host_.alive(); ++served) {
      if (!accept_one(listener) || coarse_ns() > until) break;
    }
  }
  serving_ = false;
}

void Engine::serve_all() {
  for (const Listener& listener : listeners_) serve(listener.fd);
}

// False when nothing waits.
bool Engine::accept_one(const Listener& listener) {
  if (listener.is_exchange) return take_over_one(listener.fd);
  const int fd = accept4(listener.fd, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd < 0) {
    if (errno == EINTR || errno == ECONNABORTED) return true;
    // EINVAL: the listener was shut down, and the word to stop is on its way.
    if (!would_block(errno) && errno != EINVAL) back_off(errno);
    return false;
  }
  accepted_.store(accepted_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  first_read(open(fd, listener));
  if (busy() >= settings_.max_requests) update_accepting();
  return true;
}

// EMFILE, ENFILE, ENOMEM: the connection stays in the backlog; a level-triggered listener would spin on it.
void Engine::back_off(int error) {
  if (retry_at_ms_ == 0)
    host_.on_rejected(Rejection::kOutOfDescriptors, Protocol::kUwsgi, -1, static_cast<uint64_t>(error));
  retry_at_ms_ = monotonic_ms() + kBackOffMs;
  update_accepting();
  update_tick();
}

void Engine::update_accepting() {
  if (parked_ > 0 && busy() < settings_.max_requests) unpark();
  const bool wanted = !stopped_ && retry_at_ms_ == 0 && busy() < settings_.max_requests;
  if (wanted == accepting_) return;
  accepting_ = wanted;
  host_.listen_to_new(wanted);
}

void Engine::wake() {
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(wake_fd_, &one, sizeof one);
}

}  // namespace uwsgi_node
