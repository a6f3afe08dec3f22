// Runs in one thread of the load generator, started by uwsgi_load.cc; at the other end is the server under
// test.
#include "bench/load/driver.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace uwsgi_node::bench {
namespace {

constexpr size_t kReceiveBufferSize = 256 * 1024;
constexpr size_t kBodyBlockSize = 64 * 1024;
constexpr int kMaxEvents = 256;
constexpr int kSweepMs = 100;
constexpr uint64_t kNever = UINT64_MAX;

}  // namespace

uint64_t now_ns() {
  timespec ts;
  clock_gettime(CLOCK_MONOTONIC, &ts);
  return static_cast<uint64_t>(ts.tv_sec) * 1000000000u + static_cast<uint64_t>(ts.tv_nsec);
}

Driver::Driver(const Options& options, const Packets& packets, int index, int connections, uint64_t requests)
    : options_(options),
      packets_(packets),
      requests_(requests),
      random_(options.seed * 1000003 + static_cast<uint64_t>(index)),
      epoll_fd_(epoll_create1(EPOLL_CLOEXEC)),
      now_(now_ns()),
      deadline_ns_(options.duration == 0 ? kNever : now_ + static_cast<uint64_t>(options.duration * 1e9)),
      slots_(static_cast<size_t>(connections)),
      receive_buffer_(kReceiveBufferSize) {
  if (epoll_fd_ < 0) {
    perror("uwsgi_load: epoll_create1");
    exit(1);
  }
  waiting_.reserve(slots_.size());
  resumed_.reserve(slots_.size());
}

Driver::~Driver() { ::close(epoll_fd_); }

void Driver::run() {
  epoll_event events[kMaxEvents];
  for (Slot& slot : slots_) begin(slot);
  uint64_t sweep_at = now_ + kSweepMs * 1000000u;
  while (active_ > 0 || !waiting_.empty()) {
    // A full backlog empties when the server accepts, which nothing tells us of: look again after a
    // millisecond.
    const int count = epoll_wait(epoll_fd_, events, kMaxEvents, waiting_.empty() ? kSweepMs : 1);
    now_ = now_ns();
    for (int i = 0; i < count; i++) on_event(slots_[events[i].data.u32], events[i].events);
    if (!waiting_.empty()) resume_waiting();
    if (now_ >= sweep_at) {
      expire();
      sweep_at = now_ + kSweepMs * 1000000u;
    }
  }
}

void Driver::begin(Slot& slot) {
  if (started_ == requests_ || now_ >= deadline_ns_) return;
  started_++;
  active_++;
  slot.slow = options_.slow_share > 0 && random_.unit() < options_.slow_share;
  counts_.slow += slot.slow;
  const std::vector<std::string>& packets = slot.slow ? packets_.slow : packets_.fast;
  slot.packet = &packets[packets.size() == 1 ? 0 : random_.below(static_cast<uint32_t>(packets.size()))];
  slot.started_ns = now_;
  start(slot);
}

void Driver::start(Slot& slot) {
  slot.sent = 0;
  slot.answered = false;
  slot.check.reset();
  slot.records.reset();
  slot.reused = slot.fd >= 0;
  if (slot.reused) {
    send(slot);
  } else {
    connect(slot);
  }
}

void Driver::connect(Slot& slot) {
  slot.fd = socket(options_.address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (slot.fd < 0) return fail(slot, &Counts::failed_connect);
  if (::connect(slot.fd, options_.address.get(), options_.address.length) == 0) return send(slot);
  if (errno == EINPROGRESS) {
    slot.state = State::kSending;
    return watch(slot);
  }
  if (errno != EAGAIN) return fail(slot, &Counts::failed_connect);
  counts_.connect_retries++;
  ::close(slot.fd);
  slot.fd = -1;
  slot.watched = false;
  slot.state = State::kWaitingToConnect;
  waiting_.push_back(&slot);
}

void Driver::resume_waiting() {
  resumed_.swap(waiting_);
  for (Slot* slot : resumed_) {
    // One refusal means that the rest would be refused too.
    if (!waiting_.empty()) {
      waiting_.push_back(slot);
    } else if (slot->state == State::kWaitingToConnect) {
      connect(*slot);
    } else {
      begin(*slot);
    }
  }
  resumed_.clear();
}

ssize_t Driver::send_some(const Slot& slot) {
  const std::string& packet = *slot.packet;
  const std::string& body = packets_.body;
  if (body.empty()) {
    return ::send(slot.fd, packet.data() + slot.sent, packet.size() - slot.sent, MSG_NOSIGNAL);
  }
  iovec parts[2];
  msghdr message{};
  message.msg_iov = parts;
  if (slot.sent < packet.size()) {
    parts[message.msg_iovlen++] = {const_cast<char*>(packet.data()) + slot.sent, packet.size() - slot.sent};
  }
  const size_t of_body = slot.sent - std::min(slot.sent, packet.size());
  parts[message.msg_iovlen++] = {const_cast<char*>(body.data()) + of_body,
                                 std::min(body.size() - of_body, kBodyBlockSize)};
  return sendmsg(slot.fd, &message, MSG_NOSIGNAL);
}

void Driver::send(Slot& slot) {
  const size_t total = slot.packet->size() + packets_.body.size();
  while (slot.sent < total) {
    const ssize_t count = send_some(slot);
    if (count >= 0) {
      slot.sent += static_cast<size_t>(count);
    } else if (errno == EAGAIN) {
      slot.state = State::kSending;
      return watch(slot);
    } else if ((errno == EPIPE || errno == ECONNRESET) && slot.reused) {
      // Nothing tells us of the end again: that event came while the connection was idle.
      return lost(slot, &Counts::failed_reset);
    } else if (errno == EPIPE || errno == ECONNRESET) {
      // The server may have answered without reading everything: its answer decides.
      break;
    } else {
      return fail(slot, &Counts::failed_connect);
    }
  }
  slot.state = State::kReading;
  if (!slot.watched) watch(slot);
}

void Driver::watch(Slot& slot) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLRDHUP | EPOLLET;
  if (slot.state == State::kSending) event.events |= EPOLLOUT;
  event.data.u32 = static_cast<uint32_t>(&slot - slots_.data());
  const int how = slot.watched ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
  if (epoll_ctl(epoll_fd_, how, slot.fd, &event) != 0) return fail(slot, &Counts::failed_connect);
  slot.watched = true;
}

void Driver::on_event(Slot& slot, uint32_t events) {
  if (slot.state == State::kSending && (events & EPOLLOUT) != 0) send(slot);
  if (slot.state != State::kSending && slot.state != State::kReading) return;
  if ((events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) read(slot, events);
}

void Driver::read(Slot& slot, uint32_t events) {
  for (;;) {
    const ssize_t count = recv(slot.fd, receive_buffer_.data(), receive_buffer_.size(), 0);
    if (count > 0) {
      if (!take(slot, static_cast<size_t>(count))) return;
      if (static_cast<size_t>(count) == receive_buffer_.size()) continue;
      // The peer had closed before this read and the read was not full: nothing can follow. Saves a system
      // call.
      if ((events & EPOLLRDHUP) != 0 && (events & EPOLLERR) == 0) return lost(slot, &Counts::failed_short);
      if ((events & (EPOLLRDHUP | EPOLLERR)) == 0) return;
    } else if (count == 0) {
      return lost(slot, &Counts::failed_short);
    } else if (errno == EAGAIN) {
      return;
    } else {
      return lost(slot, slot.state == State::kSending ? &Counts::failed_connect : &Counts::failed_reset);
    }
  }
}

bool Driver::take(Slot& slot, size_t count) {
  counts_.bytes_received += count;
  slot.answered = true;
  if (options_.protocol == Protocol::kUwsgi) {
    slot.check.feed(receive_buffer_.data(), count);
    return true;
  }
  switch (slot.records.feed(receive_buffer_.data(), count, slot.check)) {
    case RecordReader::Status::kMore:
      return true;
    case RecordReader::Status::kEnd:
      end(slot);
      return false;
    case RecordReader::Status::kMalformed:
      fail(slot, &Counts::failed_malformed);
      return false;
  }
  return false;
}

// The connection is over. With uwsgi that ends the response. A kept connection may have been closed by the
// server when this request was on its way: nginx tries again on another one.
void Driver::lost(Slot& slot, uint64_t Counts::*kind) {
  if (options_.protocol == Protocol::kUwsgi && kind == &Counts::failed_short) return end(slot);
  if (!slot.reused || slot.answered) return fail(slot, kind);
  counts_.reconnects++;
  close(slot);
  active_++;
  start(slot);
}

void Driver::end(Slot& slot) {
  switch (slot.check.finish(options_.expect_status, options_.expect_bytes)) {
    case Verdict::kShort:
      return fail(slot, &Counts::failed_short);
    case Verdict::kStatus:
      return fail(slot, &Counts::failed_status);
    case Verdict::kMalformed:
      return fail(slot, &Counts::failed_malformed);
    case Verdict::kOk:
      break;
  }
  counts_.ok++;
  now_ = now_ns();
  (slot.slow ? slow_ : fast_).record(now_ - slot.started_ns);
  if (options_.keepalive) {
    slot.state = State::kIdle;
    active_--;
  } else {
    close(slot);
  }
  begin(slot);
}

// The slot's next request waits for the next turn of the loop: a dead server must not be hammered in a tight
// loop.
void Driver::fail(Slot& slot, uint64_t Counts::*kind) {
  counts_.*kind += 1;
  close(slot);
  waiting_.push_back(&slot);
}

void Driver::close(Slot& slot) {
  if (slot.fd >= 0) ::close(slot.fd);
  slot.fd = -1;
  slot.watched = false;
  slot.state = State::kIdle;
  active_--;
}

void Driver::expire() {
  const auto limit = static_cast<uint64_t>(options_.timeout * 1e9);
  for (Slot& slot : slots_) {
    if (slot.state == State::kIdle || now_ - slot.started_ns < limit) continue;
    std::erase(waiting_, &slot);
    fail(slot, &Counts::failed_timeout);
  }
}

}  // namespace uwsgi_node::bench
