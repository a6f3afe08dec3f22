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
      receive_buffer_(kReceiveBufferSize),
      body_block_(kBodyBlockSize, 'x') {
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
  slot.sent = 0;
  slot.started_ns = now_;
  slot.check.reset();
  connect(slot);
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
  const uint64_t total = packet.size() + options_.body;
  if (total == packet.size()) {
    return ::send(slot.fd, packet.data() + slot.sent, packet.size() - slot.sent, MSG_NOSIGNAL);
  }
  iovec parts[2];
  msghdr message{};
  message.msg_iov = parts;
  if (slot.sent < packet.size()) {
    parts[message.msg_iovlen++] = {const_cast<char*>(packet.data()) + slot.sent, packet.size() - slot.sent};
  }
  const uint64_t body_left = total - std::max<uint64_t>(slot.sent, packet.size());
  parts[message.msg_iovlen++] = {body_block_.data(), std::min<uint64_t>(body_left, body_block_.size())};
  return sendmsg(slot.fd, &message, MSG_NOSIGNAL);
}

void Driver::send(Slot& slot) {
  const uint64_t total = slot.packet->size() + options_.body;
  const bool watched = slot.state == State::kSending;
  while (slot.sent < total) {
    const ssize_t count = send_some(slot);
    if (count >= 0) {
      slot.sent += static_cast<uint64_t>(count);
    } else if (errno == EAGAIN) {
      slot.state = State::kSending;
      if (!watched) watch(slot);
      return;
    } else if (errno == EPIPE || errno == ECONNRESET) {
      // The server may have answered without reading everything: its answer decides.
      break;
    } else {
      return fail(slot, &Counts::failed_connect);
    }
  }
  slot.state = State::kReading;
  if (!watched) watch(slot);
}

void Driver::watch(Slot& slot) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLRDHUP | EPOLLET;
  if (slot.state == State::kSending) event.events |= EPOLLOUT;
  event.data.u32 = static_cast<uint32_t>(&slot - slots_.data());
  if (epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, slot.fd, &event) != 0) fail(slot, &Counts::failed_connect);
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
      counts_.bytes_received += static_cast<uint64_t>(count);
      slot.check.feed(receive_buffer_.data(), static_cast<size_t>(count));
      if (static_cast<size_t>(count) == receive_buffer_.size()) continue;
      // The peer had closed before this read and the read was not full: nothing can follow. Saves a system
      // call.
      if ((events & EPOLLRDHUP) != 0 && (events & EPOLLERR) == 0) return end(slot);
      if ((events & (EPOLLRDHUP | EPOLLERR)) == 0) return;
    } else if (count == 0) {
      return end(slot);
    } else if (errno == EAGAIN) {
      return;
    } else {
      return fail(slot, slot.state == State::kSending ? &Counts::failed_connect : &Counts::failed_reset);
    }
  }
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
  close(slot);
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
