#include "native/core/engine.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "native/core/rejections.h"

namespace uwsgi_node {
namespace {

// One read takes a packet of the largest size with a body up to the default post-buffering.
constexpr size_t kReceiveSize = 128 * 1024 + uwsgi::kHeaderSize;
// A turn ends after so many requests or so much time, so that the rest of the thread's event loop (timers,
// database sockets) gets its share; whatever still waits makes the next turn start at once.
constexpr int kTurnRequests = 64;
constexpr uint64_t kTurnNs = 1'000'000;
constexpr uint64_t kDrainMs = 2000;
constexpr uint64_t kDrainBytes = 1024 * 1024;
constexpr uint64_t kBackOffMs = 100;
constexpr int kPatienceMs = 1;
constexpr uint64_t kImpatienceMs = 100;
// epoll_event.data of the wake-up eventfd; connections use their id.
constexpr uint64_t kWake = UINT64_MAX;

uint64_t monotonic_ns() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
}

bool would_block(int error) { return error == EAGAIN || error == EWOULDBLOCK; }

ssize_t read_some(int fd, uint8_t* into, size_t size) {
  ssize_t got;
  do got = recv(fd, into, size, 0);
  while (got < 0 && errno == EINTR);
  return got;
}

}  // namespace

uint64_t monotonic_ms() { return monotonic_ns() / 1'000'000; }

Engine::Engine(EngineHost& host, const EngineSettings& settings, uwsgi::VarPlace* places)
    : host_(host),
      settings_(settings),
      places_(places),
      reading_(settings.read_timeout_ms),
      writing_(settings.write_timeout_ms),
      draining_(kDrainMs),
      receive_(new uint8_t[kReceiveSize]) {
  epoll_fd_ = epoll_create1(EPOLL_CLOEXEC);
  wake_fd_ = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  epoll_event event{.events = EPOLLIN, .data = {.u64 = kWake}};
  if (epoll_fd_ >= 0) epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, wake_fd_, &event);
}

Engine::~Engine() {
  for (auto& connection : connections_) {
    if (connection->state != ConnectionState::kFree) close(*connection);
  }
  ::close(wake_fd_);
  ::close(epoll_fd_);
}

void Engine::add_listener(int fd, bool unix_socket) { listeners_.push_back({fd, unix_socket}); }

// --- connections
// -----------------------------------------------------------------------------------------------------

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
  ::close(connection.fd);
  connection.fd = -1;
  connection.state = ConnectionState::kFree;
  if (connection.upgraded) --upgraded_;
  connection.response_begun = connection.wants_body = connection.upgraded = false;
  connection.armed = 0;
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
  epoll_event event{.events = events, .data = {.u64 = connection.id}};
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
  update_tick();
}

// --- accepting
// -------------------------------------------------------------------------------------------------------

void Engine::serve(int listener_fd) {
  if (serving_) return;
  serving_ = true;
  for (const Listener& listener : listeners_) {
    if (listener.fd != listener_fd) continue;
    const uint64_t until = monotonic_ns() + kTurnNs;
    for (int served = 0; served < kTurnRequests && accepting_ && host_.alive(); ++served) {
      if (!accept_one(listener) || monotonic_ns() > until) break;
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
    if (!would_block(errno)) back_off(errno);
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
  host_.listen_to_new(false);
  const uint64_t until = monotonic_ns() + 100 * kTurnNs;
  for (const Listener& listener : listeners_) {
    while (host_.alive() && monotonic_ns() < until && accept_one(listener)) {
    }
  }
  stopped_ = true;
  accepting_ = false;
}

void Engine::wake() {
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(wake_fd_, &one, sizeof one);
}

// --- reading the packet
// ----------------------------------------------------------------------------------------------

void Engine::first_read(Connection& connection) {
  const ssize_t got = read_some(connection.fd, receive_.get(), kReceiveSize);
  if (got > 0) {
    consider(connection, {receive_.get(), static_cast<size_t>(got)});
  } else if (got < 0 && would_block(errno)) {
    if (connection.armed == 0 && comes_soon(connection)) return first_read(connection);
    await_read(connection);
  } else {
    close(connection);  // a health check: connected and left
  }
}

// A unix peer is accepted the moment it connects, often some microseconds before it has written. Waiting for
// those here saves the way through epoll; above all the connection is then not left behind, already ours,
// while the next request keeps this thread busy. A peer that lets us wait in vain costs one millisecond of a
// hundred.
bool Engine::comes_soon(const Connection& connection) {
  const uint64_t now = monotonic_ms();
  if (now < impatient_until_ms_) return false;
  pollfd waiting{.fd = connection.fd, .events = POLLIN};
  if (poll(&waiting, 1, kPatienceMs) > 0) return true;
  impatient_until_ms_ = now + kImpatienceMs;
  return false;
}

void Engine::more(Connection& connection) {
  if (connection.buffer == nullptr) return first_read(connection);
  const ssize_t got = read_some(connection.fd, connection.buffer.get() + connection.end,
                                connection.capacity - connection.end);
  if (got > 0) {
    connection.end += static_cast<size_t>(got);
    consider(connection, connection.buffered());
  } else if (got == 0 || !would_block(errno)) {
    host_.on_rejected(Rejection::kTruncated, connection.fd, connection.end);
    close(connection);
  }
}

// Keeps an incomplete packet of which `total` bytes are wanted next, and waits for the rest.
void Engine::keep(Connection& connection, Bytes bytes, size_t total) {
  if (connection.capacity < total) {
    std::unique_ptr<uint8_t[]> larger(new uint8_t[total]);
    memcpy(larger.get(), bytes.data(), bytes.size());
    connection.buffer = std::move(larger);
    connection.capacity = total;
    connection.begin = 0;
    connection.end = bytes.size();
  }
  await_read(connection);
}

// `bytes` is all that has come of the packet so far.
void Engine::consider(Connection& connection, Bytes bytes) {
  const uwsgi::Header header = uwsgi::parse_header(bytes);
  if (header.status == uwsgi::ParseStatus::kInvalid) {
    const bool tls = header.reason == uwsgi::InvalidReason::kTls;
    return reject(connection, tls ? Rejection::kTls : Rejection::kHttp, 0);
  }
  if (header.status == uwsgi::ParseStatus::kNeedMore && bytes.size() < uwsgi::kHeaderSize) {
    return keep(connection, bytes, uwsgi::kHeaderSize);
  }
  if (header.modifier1 == 100) return answer_ping(connection);
  if (header.modifier1 != 0 && header.modifier1 != 30)
    return reject(connection, Rejection::kModifier, header.modifier1);
  if (header.vars_size > settings_.buffer_size)
    return reject(connection, Rejection::kVarsTooLarge, header.vars_size);
  const size_t body_at = uwsgi::kHeaderSize + header.vars_size;
  if (bytes.size() < body_at) return keep(connection, bytes, body_at);

  const Bytes block = bytes.subspan(uwsgi::kHeaderSize, header.vars_size);
  const uwsgi::Vars vars = uwsgi::parse_vars(block, places_);
  if (vars.status == uwsgi::ParseStatus::kInvalid) {
    return reject(connection, Rejection::kMalformed, static_cast<uint64_t>(vars.reason));
  }
  if (settings_.limit_post != 0 && vars.content_length > settings_.limit_post) {
    return reject(connection, Rejection::kBodyTooLarge, vars.content_length);
  }
  connection.content_length = vars.content_length;
  const bool streams = vars.content_length > settings_.post_buffering;
  const Bytes rest = bytes.subspan(body_at);
  if (!streams && rest.size() < vars.content_length) {
    return keep(connection, bytes, body_at + static_cast<size_t>(vars.content_length));
  }
  // Bytes beyond CONTENT_LENGTH belong to nobody: one packet per connection.
  const size_t of_body = static_cast<size_t>(std::min<uint64_t>(rest.size(), vars.content_length));
  run_application(connection, {block, vars.count, rest.first(of_body), streams, header.modifier1},
                  rest.first(of_body));
}

// modifier1 100: the health check of uWSGI's own tools; the answer is modifier1 100, modifier2 1.
void Engine::answer_ping(Connection& connection) {
  static constexpr uint8_t kPong[] = {100, 0, 0, 1};
  respond(connection, {kPong, sizeof kPong}, {});
}

void Engine::reject(Connection& connection, Rejection reason, uint64_t detail) {
  host_.on_rejected(reason, connection.fd, detail);
  const std::string_view response = response_to(reason);
  if (response.empty()) return close(connection);
  // The length of what the peer still sends is not known: read away what it is.
  connection.content_length = kDrainBytes;
  respond(connection, {reinterpret_cast<const uint8_t*>(response.data()), response.size()}, {});
}

// --- the application
// -------------------------------------------------------------------------------------------------

void Engine::run_application(Connection& connection, const Request& request, Bytes surplus) {
  connection.cancel();
  connection.state = ConnectionState::kRunning;
  std::unique_ptr<uint8_t[]> packet;
  if (request.streams) {
    // The head of a streamed body stays with the connection; the packet itself only for the call.
    std::unique_ptr<uint8_t[]> head(new uint8_t[surplus.size() + 1]);
    memcpy(head.get(), surplus.data(), surplus.size());
    packet = std::exchange(connection.buffer, std::move(head));
    connection.capacity = connection.end = surplus.size();
    connection.begin = 0;
  } else {
    packet = std::move(connection.buffer);
    connection.capacity = connection.begin = connection.end = 0;
    connection.body_taken = connection.content_length;
  }
  const int fd = connection.fd;
  host_.on_request(connection, request);
  // Usually answered by now, and the connection free for the next.
  if (connection.state == ConnectionState::kRunning && connection.fd == fd) await_application(connection);
}

void Engine::respond(Connection& connection, Segment head, Segment body) {
  connection.response_begun = true;
  switch (connection.response.write(connection.fd, head, body)) {
    case WriteResult::kDone:
      return end_of_response(connection);
    case WriteResult::kAgain:
      connection.state = ConnectionState::kFlushing;
      connection.wants_body = false;
      return await_write(connection);
    case WriteResult::kDead:
      return close(connection);
  }
}

WriteResult Engine::write(Connection& connection, Segment first, Segment second) {
  connection.response_begun = true;
  const WriteResult result = connection.response.write(connection.fd, first, second);
  if (result == WriteResult::kDead) close(connection);
  if (result == WriteResult::kAgain) await_application(connection);
  return result;
}

void Engine::finish(Connection& connection) {
  connection.wants_body = false;
  if (!connection.response.pending()) return end_of_response(connection);
  connection.state = ConnectionState::kFlushing;
  await_write(connection);
}

// A close with unread input is a reset, which can destroy the response on its way to the peer (nginx: "recv()
// failed (104: Connection reset by peer)"). So an unread body is read away first, up to a bound.
void Engine::end_of_response(Connection& connection) {
  if (connection.body_left() == 0) return close(connection);
  connection.body_taken += connection.end - connection.begin;
  shutdown(connection.fd, SHUT_WR);
  connection.state = ConnectionState::kDraining;
  connection.content_length = std::min(connection.content_length, connection.body_taken + kDrainBytes);
  drain(connection);
}

void Engine::drain(Connection& connection) {
  while (connection.body_left() > 0) {
    const ssize_t got = read_some(connection.fd, receive_.get(), kReceiveSize);
    if (got < 0 && would_block(errno)) {
      if (!connection.waits()) {
        draining_.start(connection, monotonic_ms());
        update_tick();
      }
      return arm(connection, EPOLLIN);
    }
    if (got <= 0) break;
    connection.body_taken += std::min<uint64_t>(static_cast<uint64_t>(got), connection.body_left());
  }
  close(connection);
}

void Engine::abort(Connection& connection) {
  // A reset on TCP. A unix socket has none: there the reader sees the end, and only a Content-Length tells it
  // that something is missing.
  const linger reset{.l_onoff = 1, .l_linger = 0};
  setsockopt(connection.fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  close(connection);
}

void Engine::gone(Connection& connection) {
  if (connection.state == ConnectionState::kRunning) host_.on_gone(connection);
  if (connection.state != ConnectionState::kFree) close(connection);
}

// --- streamed bodies
// -------------------------------------------------------------------------------------------------

void Engine::want_body(Connection& connection) {
  connection.wants_body = true;
  await_application(connection);
  // What came with the packet is already here and will never make the socket readable.
  if (connection.begin < connection.end || connection.body_left() == 0) wake();
}

void Engine::upgrade(Connection& connection) {
  connection.upgraded = true;
  connection.content_length = UINT64_MAX;
  connection.body_taken = 0;
  ++upgraded_;
  if (!accepting_) update_accepting();
}

ReadResult Engine::read_body(Connection& connection, uint8_t* into, size_t size, size_t* got) {
  *got = 0;
  size = static_cast<size_t>(std::min<uint64_t>(size, connection.body_left()));
  if (size == 0) return ReadResult::kEnd;
  if (connection.begin < connection.end) {
    *got = std::min(size, connection.end - connection.begin);
    memcpy(into, connection.buffer.get() + connection.begin, *got);
    connection.begin += *got;
    connection.body_taken += *got;
    return ReadResult::kData;
  }
  for (;;) {
    const ssize_t result = read_some(connection.fd, into, size);
    if (result > 0) {
      *got = static_cast<size_t>(result);
      connection.body_taken += *got;
      return ReadResult::kData;
    }
    if (result == 0 || !would_block(errno)) return ReadResult::kGone;
    pollfd waiting{.fd = connection.fd, .events = POLLIN};
    if (poll(&waiting, 1, static_cast<int>(settings_.read_timeout_ms)) == 0) return ReadResult::kTimeout;
  }
}

void Engine::deliver_body(Connection& connection) {
  Bytes chunk = connection.buffered();
  connection.begin = connection.end = 0;
  if (chunk.empty() && connection.body_left() > 0) {
    const size_t size = static_cast<size_t>(std::min<uint64_t>(kReceiveSize, connection.body_left()));
    const ssize_t got = read_some(connection.fd, receive_.get(), size);
    if (got < 0 && would_block(errno)) return;
    if (got < 0 || (got == 0 && !connection.upgraded)) return gone(connection);
    // The end of a pipe is the end of what the peer has to say; it may still listen.
    if (got == 0) connection.content_length = connection.body_taken;
    chunk = {receive_.get(), static_cast<size_t>(got)};
  }
  connection.body_taken += chunk.size();
  connection.wants_body = false;
  const int fd = connection.fd;
  host_.on_data(connection, chunk);
  if (connection.state == ConnectionState::kRunning && connection.fd == fd) await_application(connection);
}

// --- events
// ----------------------------------------------------------------------------------------------------------

void Engine::run() {
  epoll_event events[64];
  const int count = epoll_wait(epoll_fd_, events, 64, 0);
  bool woken = false;
  for (int i = 0; i < count && host_.alive(); ++i) {
    if (events[i].data.u64 == kWake) {
      woken = true;
      continue;
    }
    Connection& connection = *connections_[events[i].data.u64];
    if (connection.state != ConnectionState::kFree) dispatch(connection, events[i].events);
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

void Engine::flush(Connection& connection) {
  const size_t before = connection.response.pending_bytes();
  const WriteResult result = connection.response.flush(connection.fd);
  if (result == WriteResult::kDead) return gone(connection);
  if (result == WriteResult::kAgain) {
    if (connection.response.pending_bytes() < before) writing_.start(connection, monotonic_ms());
    return;
  }
  if (connection.state == ConnectionState::kFlushing) return end_of_response(connection);
  const int fd = connection.fd;
  host_.on_writable(connection);
  if (connection.state == ConnectionState::kRunning && connection.fd == fd) await_application(connection);
}

void Engine::tick() {
  const uint64_t now = monotonic_ms();
  if (retry_at_ms_ != 0 && now >= retry_at_ms_) {
    retry_at_ms_ = 0;
    update_accepting();
  }
  while (DeadlineNode* due = reading_.take_due(now)) {
    auto& connection = static_cast<Connection&>(*due);
    if (connection.state == ConnectionState::kRunning) host_.on_gone(connection);
    if (connection.response_begun) {
      abort(connection);
    } else {
      reject(connection, Rejection::kTooSlow, connection.body_taken + connection.end);
    }
  }
  while (DeadlineNode* due = writing_.take_due(now)) gone(static_cast<Connection&>(*due));
  while (DeadlineNode* due = draining_.take_due(now)) close(static_cast<Connection&>(*due));
  update_tick();
}

void Engine::update_tick() {
  const bool wanted = retry_at_ms_ != 0 || !reading_.empty() || !writing_.empty() || !draining_.empty();
  if (wanted == ticking_) return;
  ticking_ = wanted;
  host_.tick_wanted(wanted);
}

void Engine::abandon() {
  stopped_ = true;
  accepting_ = false;
  const std::string_view unavailable = response_to(Rejection::kStopped);
  for (auto& slot : connections_) {
    Connection& connection = *slot;
    if (connection.state != ConnectionState::kRunning && connection.state != ConnectionState::kReading)
      continue;
    if (connection.response_begun) {
      abort(connection);
      continue;
    }
    if (connection.state == ConnectionState::kRunning) {
      host_.on_rejected(Rejection::kStopped, connection.fd, 0);
      connection.response.write(
          connection.fd, {reinterpret_cast<const uint8_t*>(unavailable.data()), unavailable.size()}, {});
    }
    close(connection);
  }
}

}  // namespace uwsgi_node
