#include "native/core/engine.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "native/core/clock.h"
#include "native/core/receive.h"
#include "native/core/rejections.h"

namespace uwsgi_node {
namespace {

// A turn ends after so many requests or so much time, so that the rest of the thread's event loop (timers,
// database sockets) gets its share; whatever still waits makes the next turn start at once.
constexpr int kTurnRequests = 64;
constexpr uint64_t kTurnNs = 1'000'000;
constexpr uint64_t kBackOffMs = 100;
// epoll_event.data of the wake-up eventfd; connections use their names.
constexpr uint64_t kWake = UINT64_MAX;

uint64_t name_of(const Connection& connection) {
  return uint64_t{connection.generation} << 32 | connection.id;
}

}  // namespace

Engine::Engine(EngineHost& host, const EngineSettings& settings, uwsgi::VarPlace* places)
    : host_(host),
      settings_(settings),
      places_(places),
      reading_(settings.read_timeout_ms),
      writing_(settings.write_timeout_ms),
      draining_(settings.drain_ms),
      harakiri_(settings.harakiri_ms),
      receive_(new uint8_t[kReceiveSize]) {
  epoll_fd_ = epoll_create1(EPOLL_CLOEXEC);
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

void Engine::add_listener(int fd, bool unix_socket) { listeners_.push_back({fd, unix_socket}); }

Connection& Engine::open(int fd, bool unix_socket) {
  if (free_.empty()) {
    free_.push_back(static_cast<uint32_t>(connections_.size()));
    connections_.push_back(std::make_unique<Connection>(free_.back()));
  }
  Connection& connection = *connections_[free_.back()];
  free_.pop_back();
  connection.fd = fd;
  connection.state = ConnectionState::kReading;
  connection.unix_peer = unix_socket;
  ++open_;
  return connection;
}

// close(2) takes the descriptor out of epoll as well: it is never duplicated.
void Engine::close(Connection& connection) {
  connection.cancel();
  connection.deadline.cancel();
  connection.note.reset();
  publish_deadline();
  ::close(connection.fd);
  connection.fd = -1;
  connection.state = ConnectionState::kFree;
  if (connection.upgraded) --upgraded_;
  connection.response_begun = connection.wants_body = connection.upgraded = false;
  connection.armed = 0;
  ++connection.generation;
  connection.buffer.reset();
  connection.capacity = connection.begin = connection.end = 0;
  connection.content_length = connection.body_taken = 0;
  connection.response.clear();
  free_.push_back(connection.id);
  --open_;
  if (!accepting_) update_accepting();
}

void Engine::arm(Connection& connection, uint32_t events) {
  if (connection.armed == events) return;
  epoll_event event{.events = events, .data = {.u64 = name_of(connection)}};
  epoll_ctl(epoll_fd_, connection.armed == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, connection.fd, &event);
  connection.armed = events;
}

void Engine::disarm(Connection& connection) {
  if (connection.armed != 0) epoll_ctl(epoll_fd_, EPOLL_CTL_DEL, connection.fd, nullptr);
  connection.armed = 0;
}

void Engine::await_read(Connection& connection) {
  arm(connection, EPOLLIN);
  reading_.start(connection, monotonic_ms());
  update_tick();
}

void Engine::await_write(Connection& connection) {
  arm(connection, EPOLLOUT);
  writing_.start(connection, monotonic_ms());
  update_tick();
}

// While the application works only the loss of the peer is of interest, which epoll reports unasked
// (EPOLLHUP, EPOLLERR). EPOLLRDHUP is not: a peer that has only ended its own sending still reads.
void Engine::await_application(Connection& connection) {
  const bool writes = connection.response.pending();
  const uint32_t events = (connection.wants_body ? EPOLLIN : 0u) | (writes ? EPOLLOUT : 0u);
  arm(connection, events == 0 ? EPOLLHUP : events);
  if (writes) {
    writing_.start(connection, monotonic_ms());
  } else if (connection.wants_body && !connection.upgraded) {
    reading_.start(connection, monotonic_ms());
  } else {
    connection.cancel();
  }
  watch(connection, writes || connection.wants_body);
  update_tick();
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
  const int fd = accept4(listener.fd, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd < 0) {
    if (errno == EINTR || errno == ECONNABORTED) return true;
    // EINVAL: the listener was shut down, and the word to stop is on its way.
    if (!would_block(errno) && errno != EINVAL) back_off(errno);
    return false;
  }
  accepted_.store(accepted_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  first_read(open(fd, listener.unix_socket));
  if (open_ - upgraded_ >= settings_.max_requests) update_accepting();
  return true;
}

// EMFILE, ENFILE, ENOMEM: the connection stays in the backlog; a level-triggered listener would spin on it.
void Engine::back_off(int error) {
  if (retry_at_ms_ == 0) host_.on_rejected(Rejection::kOutOfDescriptors, -1, static_cast<uint64_t>(error));
  retry_at_ms_ = monotonic_ms() + kBackOffMs;
  update_accepting();
  update_tick();
}

void Engine::update_accepting() {
  const bool wanted = !stopped_ && retry_at_ms_ == 0 && open_ - upgraded_ < settings_.max_requests;
  if (wanted == accepting_) return;
  accepting_ = wanted;
  host_.listen_to_new(wanted);
}

void Engine::stop_accepting() {
  if (stopped_) return;
  stopped_ = true;
  accepting_ = false;
  host_.listen_to_new(false);
  const uint64_t until = monotonic_ns() + 100 * kTurnNs;
  for (const Listener& listener : listeners_) {
    while (host_.alive() && monotonic_ns() < until && accept_one(listener)) {
    }
  }
}

void Engine::wake() {
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(wake_fd_, &one, sizeof one);
}

void Engine::run() {
  epoll_event events[64];
  const int count = epoll_wait(epoll_fd_, events, 64, 0);
  bool woken = false;
  for (int i = 0; i < count && host_.alive(); ++i) {
    if (events[i].data.u64 == kWake) {
      woken = true;
      continue;
    }
    // An event can be older than the connection that has the slot now.
    Connection& connection = *connections_[static_cast<uint32_t>(events[i].data.u64)];
    if (events[i].data.u64 == name_of(connection)) dispatch(connection, events[i].events);
  }
  if (woken) {
    uint64_t ignored;
    [[maybe_unused]] const ssize_t got = ::read(wake_fd_, &ignored, sizeof ignored);
    for (size_t i = 0; i < connections_.size() && host_.alive(); ++i) {
      Connection& connection = *connections_[i];
      const bool ready = connection.begin < connection.end || connection.body_left() == 0;
      if (connection.state == ConnectionState::kRunning && connection.wants_body && ready)
        deliver_body(connection);
    }
    if (accepting_ && host_.alive()) serve_all();
  }
}

void Engine::dispatch(Connection& connection, uint32_t events) {
  switch (connection.state) {
    case ConnectionState::kReading:
      return more(connection);
    case ConnectionState::kRunning: {
      if (events & EPOLLERR) return gone(connection);
      const int fd = connection.fd;
      if ((events & EPOLLOUT) && connection.response.pending()) flush(connection);
      if (connection.state != ConnectionState::kRunning || connection.fd != fd) return;
      if (connection.wants_body && (events & (EPOLLIN | EPOLLHUP))) return deliver_body(connection);
      if (!(events & EPOLLHUP)) return;
      // What the peer of a pipe said before it went is still to be read, when the application has room for
      // it.
      if (connection.upgraded && connection.body_left() > 0) return disarm(connection);
      return gone(connection);
    }
    case ConnectionState::kFlushing:
      return flush(connection);
    case ConnectionState::kDraining:
      return drain(connection);
    case ConnectionState::kFree:
      return;
  }
}

void Engine::tick() {
  const uint64_t now = monotonic_ms();
  if (retry_at_ms_ != 0 && now >= retry_at_ms_) {
    retry_at_ms_ = 0;
    update_accepting();
  }
  while (DeadlineNode* due = reading_.take_due(now)) {
    auto& connection = static_cast<Connection&>(*due);
    host_.on_read_error();
    if (connection.state == ConnectionState::kRunning) host_.on_gone(connection);
    if (connection.response_begun) {
      abort(connection);
    } else {
      reject(connection, Rejection::kTooSlow, connection.body_taken + connection.end);
    }
  }
  while (DeadlineNode* due = writing_.take_due(now)) {
    host_.on_write_error();
    gone(static_cast<Connection&>(*due));
  }
  while (DeadlineNode* due = draining_.take_due(now)) close(static_cast<Connection&>(*due));
  while (DeadlineNode* due = host_.alive() ? harakiri_.take_due(now) : nullptr) {
    expire(static_cast<RequestDeadline&>(*due).connection);
  }
  update_tick();
}

void Engine::update_tick() {
  const bool wanted =
      retry_at_ms_ != 0 || !reading_.empty() || !writing_.empty() || !draining_.empty() || !harakiri_.empty();
  if (wanted == ticking_) return;
  ticking_ = wanted;
  host_.tick_wanted(wanted);
}

void Engine::abandon() {
  stopped_ = true;
  accepting_ = false;
  const uint64_t now = monotonic_ms();
  for (auto& slot : connections_) {
    Connection& connection = *slot;
    switch (connection.state) {
      case ConnectionState::kFree:
        continue;
      case ConnectionState::kReading:
        // Nobody asked anything yet.
        if (connection.buffer == nullptr) break;
        [[fallthrough]];
      case ConnectionState::kRunning:
        if (connection.response_begun) {
          abort(connection);
          continue;
        }
        turn_away(connection, why_unanswered(connection, now));
        break;
      case ConnectionState::kFlushing:
        abort(connection);
        continue;
      case ConnectionState::kDraining:
        break;
    }
    close(connection);
  }
  running_ = nullptr;
  publish_deadline();
}

// There is no time to wait for this peer. What it has sent is read away, for a close with unread input is a
// reset.
void Engine::turn_away(Connection& connection, Rejection reason) {
  host_.on_unanswered(connection, reason);
  read_some(connection.fd, receive_.get(), kReceiveSize);
  const std::string_view unavailable = response_to(reason);
  connection.response.write(connection.fd,
                            {reinterpret_cast<const uint8_t*>(unavailable.data()), unavailable.size()}, {});
}

}  // namespace uwsgi_node
