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
  std::lock_guard lock(mutex_);
  engines_.push_back(&engine);
  const bool first = epoll_fd_ < 0;
  if (first) {
    epoll_fd_ = epoll_create1(EPOLL_CLOEXEC);
    stop_fd_ = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    epoll_event event{.events = EPOLLIN, .data = {.fd = stop_fd_}};
    epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, stop_fd_, &event);
  }
  for (const int fd : listeners) {
    if (std::ranges::find(listeners_, fd) != listeners_.end()) continue;
    listeners_.push_back(fd);
    epoll_event event{.events = EPOLLIN | EPOLLONESHOT, .data = {.fd = fd}};
    epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, fd, &event);
  }
  if (first) start();
}

void StrandWatch::remove(Engine& engine) {
  std::thread ended;
  {
    std::lock_guard lock(mutex_);
    std::erase(engines_, &engine);
    if (!engines_.empty() || epoll_fd_ < 0) return;
    stopping_ = true;
    const uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = write(stop_fd_, &one, sizeof one);
    ended = std::move(thread_);
  }
  ended.join();
  std::lock_guard lock(mutex_);
  close(epoll_fd_);
  close(stop_fd_);
  epoll_fd_ = stop_fd_ = -1;
  listeners_.clear();
  stopping_ = false;
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
  for (const Engine* engine : engines_) accepted += engine->accepted();
  if (accepted != accepted_) {
    accepted_ = accepted;
    return true;
  }
  std::vector<pollfd> waiting;
  for (const int fd : listeners_) waiting.push_back({.fd = fd, .events = POLLIN, .revents = 0});
  if (poll(waiting.data(), waiting.size(), 0) <= 0) return false;
  for (Engine* engine : engines_) engine->wake();
  return true;
}

}  // namespace uwsgi_node
