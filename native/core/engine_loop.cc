// What the engine waits for, and whose turn it is when that has come.
#include <errno.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>

#include "native/core/clock.h"
#include "native/core/engine.h"
#include "native/core/receive.h"

namespace uwsgi_node {
namespace {

uint64_t name_of(const Connection& connection) {
  return uint64_t{connection.generation} << 32 | connection.id;
}

// The clock is looked at before the descriptors: after a request that kept the thread for long, what a peer
// did in time is still to be seen.
bool has_moved(const Connection& connection, int16_t events) {
  pollfd peer{.fd = connection.fd, .events = events, .revents = 0};
  return poll(&peer, 1, 0) > 0;
}

}  // namespace

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
// (EPOLLHUP, EPOLLERR). EPOLLRDHUP is not: a peer that has only ended its own sending still reads. A peer
// that speaks FastCGI does not end its sending before it leaves, and may tell us to stop.
void Engine::await_application(Connection& connection) {
  const bool writes = connection.response.pending();
  const bool listens = connection.wants_body || connection.input.ended;
  const uint32_t events = (listens ? EPOLLIN : 0u) | (writes ? EPOLLOUT : 0u);
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

void Engine::run() {
  epoll_event events[64];
  const int count = epoll_wait(epoll_fd_, events, 64, 0);
  note_load(std::max(count, 0));
  bool woken = false;
  const uint64_t until = coarse_ns() + kTurnNs;
  for (int i = 0; i < count && host_.alive() && coarse_ns() <= until; ++i) {
    if (events[i].data.u64 == kWake) {
      woken = true;
      continue;
    }
    // An event can be older than the connection that has the slot now.
    Connection& connection = *connections_[static_cast<uint32_t>(events[i].data.u64)];
    if (events[i].data.u64 != name_of(connection)) continue;
    const bool asks = events[i].events == EPOLLIN;
    if (i > 0 && asks && may_share(connection) && share(connection)) continue;
    dispatch(connection, events[i].events);
  }
  if (woken) {
    uint64_t ignored;
    [[maybe_unused]] const ssize_t got = ::read(wake_fd_, &ignored, sizeof ignored);
    for (size_t i = 0; i < connections_.size() && host_.alive(); ++i) {
      Connection& connection = *connections_[i];
      if (connection.state == ConnectionState::kIdle && !connection.following.empty())
        begin_request(connection);
      else if (connection.state == ConnectionState::kReading && !connection.following.empty())
        read_next(connection);
      else if (connection.state == ConnectionState::kRunning && connection.wants_body &&
               connection.body_is_here())
        deliver_body(connection);
    }
    if (accepting_ && host_.alive()) serve_all();
  }
}

void Engine::dispatch(Connection& connection, uint32_t events) {
  switch (connection.state) {
    case ConnectionState::kIdle:
      return begin_request(connection);
    case ConnectionState::kReading:
      return more(connection);
    case ConnectionState::kRunning: {
      if (events & EPOLLERR) return gone(connection);
      const int fd = connection.fd;
      if ((events & EPOLLOUT) && connection.response.pending()) flush(connection);
      if (connection.state != ConnectionState::kRunning || connection.fd != fd) return;
      if (connection.wants_body && (events & (EPOLLIN | EPOLLHUP))) return deliver_body(connection);
      if (connection.input.ended && (events & EPOLLIN)) return watch_peer(connection);
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
    if (has_moved(connection, POLLIN)) {
      reading_.start(connection, now);
      continue;
    }
    host_.on_read_error();
    if (connection.state == ConnectionState::kRunning) host_.on_gone(connection);
    if (connection.response_begun) {
      abort(connection);
    } else {
      reject(connection, Rejection::kTooSlow, connection.body_taken + connection.end);
    }
  }
  while (DeadlineNode* due = writing_.take_due(now)) {
    auto& connection = static_cast<Connection&>(*due);
    if (has_moved(connection, POLLOUT)) {
      writing_.start(connection, now);
      continue;
    }
    host_.on_write_error();
    gone(connection);
  }
  while (DeadlineNode* due = draining_.take_due(now)) close(static_cast<Connection&>(*due));
  expire_due(now);
  update_tick();
}

void Engine::update_tick() {
  const bool wanted =
      retry_at_ms_ != 0 || !reading_.empty() || !writing_.empty() || !draining_.empty() || !harakiri_.empty();
  if (wanted == ticking_) return;
  ticking_ = wanted;
  host_.tick_wanted(wanted);
}

}  // namespace uwsgi_node
