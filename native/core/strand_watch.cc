#include "native/core/strand_watch.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>

namespace uwsgi_node {

StrandWatch& StrandWatch::instance() {
  // Never destroyed: threads may still end while the process does.
  static auto* watch = new StrandWatch();
  return *watch;
}

void StrandWatch::add(Engine& engine, const std::vector<int>& listeners) {
  std::lock_guard coming(coming_and_going_);
  const bool first = epoll_fd_ < 0;
  {
    std::lock_guard lock(mutex_);
    if (first) {
      epoll_fd_ = epoll_create1(EPOLL_CLOEXEC);
      stop_fd_ = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
      epoll_event event{.events = EPOLLIN, .data = {.fd = stop_fd_}};
      epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, stop_fd_, &event);
    }
    watched_.push_back({&engine, listeners});
    update_listeners();
  }
  if (first) start();
}

void StrandWatch::remove(Engine& engine) {
  std::lock_guard going(coming_and_going_);
  {
    std::lock_guard lock(mutex_);
    std::erase_if(watched_, [&](const Watched& watched) { return watched.engine == &engine; });
    update_listeners();
    if (!watched_.empty() || epoll_fd_ < 0) return;
  }
  stop();
}

void StrandWatch::update_listeners() {
  std::vector<int> wanted;
  for (const Watched& watched : watched_) {
    for (const int fd : watched.listeners) {
      if (std::ranges::find(wanted, fd) == wanted.end()) wanted.push_back(fd);
    }
  }
  for (const int fd : listeners_) {
    if (std::ranges::find(wanted, fd) == wanted.end()) epoll_ctl(epoll_fd_, EPOLL_CTL_DEL, fd, nullptr);
  }
  for (const int fd : wanted) {
    if (std::ranges::find(listeners_, fd) != listeners_.end()) continue;
    epoll_event event{.events = EPOLLIN | EPOLLONESHOT, .data = {.fd = fd}};
    epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, fd, &event);
  }
  listeners_ = std::move(wanted);
}

void StrandWatch::stop() {
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = write(stop_fd_, &one, sizeof one);
  thread_.join();
  close(epoll_fd_);
  close(stop_fd_);
  epoll_fd_ = stop_fd_ = -1;
}

// Signals belong to the process's own threads.
void StrandWatch::start() {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this] { watch(); });
  pthread_setname_np(thread_.native_handle(), "strand-watch");
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void StrandWatch::watch() {
  for (;;) {
    sleep_until_connection();
    for (int quiet = 0; quiet < kQuietLooks; ++quiet) {
      pollfd stop{.fd = stop_fd_, .events = POLLIN};
      if (poll(&stop, 1, kLookMs) > 0) return;
      if (look()) quiet = 0;
    }
  }
}

// Oneshot: the first connection after a quiet time costs this thread one wake-up, the following ones none.
void StrandWatch::sleep_until_connection() {
  {
    std::lock_guard lock(mutex_);
    for (const int fd : listeners_) {
      epoll_event event{.events = EPOLLIN | EPOLLONESHOT, .data = {.fd = fd}};
      epoll_ctl(epoll_fd_, EPOLL_CTL_MOD, fd, &event);
    }
  }
  epoll_event event;
  epoll_wait(epoll_fd_, &event, 1, -1);
}

// True when there was anything to see.
bool StrandWatch::look() {
  std::lock_guard lock(mutex_);
  uint64_t accepted = 0;
  for (const Watched& watched : watched_) accepted += watched.engine->accepted();
  if (accepted != accepted_) {
    accepted_ = accepted;
    return true;
  }
  std::vector<pollfd> waiting;
  for (const int fd : listeners_) waiting.push_back({.fd = fd, .events = POLLIN, .revents = 0});
  if (poll(waiting.data(), waiting.size(), 0) <= 0) return false;
  for (const Watched& watched : watched_) watched.engine->wake();
  return true;
}

}  // namespace uwsgi_node
