#include "native/binding/loop.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>

#include <utility>

namespace uwsgi_node {
namespace {

constexpr uint64_t kTickMs = 250;

}  // namespace

uv_handle_t* Loop::make(uv_handle_type type, void* data) {
  auto* handle = static_cast<uv_handle_t*>(calloc(1, uv_handle_size(type)));
  uv_handle_set_data(handle, data);
  return handle;
}

bool Loop::start(const std::vector<int>& listeners) {
  uv_handle_t* own = make(UV_POLL, this);
  if (uv_poll_init(loop_, own, engine_.fd()) != 0) return free(own), false;
  handles_.push_back(own);
  uv_poll_start(own, UV_READABLE, [](uv_handle_t* handle, int, int) {
    static_cast<Loop*>(uv_handle_get_data(handle))->engine_.run();
  });

  for (uv_handle_t** timer : {&timer_, &away_timer_}) {
    *timer = make(UV_TIMER, this);
    uv_timer_init(loop_, *timer);
    handles_.push_back(*timer);
    uv_unref(*timer);
  }

  listeners_.reserve(listeners.size());
  for (const int fd : listeners) {
    ListenerHandle& listener = listeners_.emplace_back(ListenerHandle{this, fd, nullptr, false, false});
    listener.handle = make(UV_POLL, &listener);
    if (uv_poll_init(loop_, listener.handle, fd) != 0) {
      free(listener.handle);
      listeners_.pop_back();
      return false;
    }
    handles_.push_back(listener.handle);
    uv_poll_start(listener.handle, UV_READABLE, [](uv_handle_t* handle, int, int) {
      const auto* served = static_cast<ListenerHandle*>(uv_handle_get_data(handle));
      served->loop->engine_.serve(served->fd);
    });
  }

  // libuv registers with epoll when it next polls; a check handle runs after a poll.
  uv_handle_t* check = make(UV_CHECK, this);
  uv_check_init(loop_, check);
  handles_.push_back(check);
  uv_unref(check);
  uv_check_start(check, [](uv_handle_t* handle) {
    if (static_cast<Loop*>(uv_handle_get_data(handle))->make_exclusive()) uv_check_stop(handle);
  });
  return true;
}

// False when libuv has not registered the listeners yet: an engine that starts in a poll callback sees a
// check before the next poll.
bool Loop::make_exclusive() {
  for (ListenerHandle& listener : listeners_) {
    if (epoll_ctl(uv_backend_fd(loop_), EPOLL_CTL_DEL, listener.fd, nullptr) != 0 && errno == ENOENT)
      return false;
    listener.registered = false;
    set_registered(listener, wanted_);
  }
  exclusive_ = true;
  return true;
}

void Loop::set_registered(ListenerHandle& listener, bool wanted) {
  wanted = wanted && !listener.away;
  if (listener.registered == wanted) return;
  listener.registered = wanted;
  // data.fd is how libuv finds the handle of an event.
  epoll_event event{.events = EPOLLIN | EPOLLEXCLUSIVE, .data = {.fd = listener.fd}};
  epoll_ctl(uv_backend_fd(loop_), wanted ? EPOLL_CTL_ADD : EPOLL_CTL_DEL, listener.fd, &event);
}

void Loop::listen(bool wanted) {
  wanted_ = wanted;
  if (!exclusive_) return;
  for (ListenerHandle& listener : listeners_) set_registered(listener, wanted);
}

void Loop::look_away(int fd, uint64_t ms) {
  if (!exclusive_ || away_timer_ == nullptr) return;
  look_back();
  for (ListenerHandle& listener : listeners_) {
    if (listener.fd != fd) continue;
    listener.away = true;
    set_registered(listener, false);
    uv_timer_start(
        away_timer_, [](uv_handle_t* handle) { static_cast<Loop*>(uv_handle_get_data(handle))->look_back(); },
        ms, 0);
  }
}

void Loop::look_back() {
  for (ListenerHandle& listener : listeners_) {
    if (!listener.away) continue;
    listener.away = false;
    set_registered(listener, wanted_);
  }
}

void Loop::tick(bool wanted) {
  if (timer_ == nullptr) return;
  if (!wanted) {
    uv_timer_stop(timer_);
    return;
  }
  uv_timer_start(
      timer_, [](uv_handle_t* handle) { static_cast<Loop*>(uv_handle_get_data(handle))->engine_.tick(); },
      kTickMs, kTickMs);
}

void Loop::keep_alive(bool wanted) {
  for (uv_handle_t* handle : handles_) {
    if (handle == timer_ || handle == away_timer_) continue;
    if (wanted) {
      uv_ref(handle);
    } else {
      uv_unref(handle);
    }
  }
}

void Loop::stop(std::function<void()> done) {
  listen(false);
  timer_ = away_timer_ = nullptr;
  done_ = std::move(done);
  closing_ = handles_.size();
  if (closing_ == 0) return done_();
  for (ListenerHandle& listener : listeners_) uv_handle_set_data(listener.handle, this);
  for (uv_handle_t* handle : std::exchange(handles_, {})) {
    uv_close(handle, [](uv_handle_t* closed) {
      auto* self = static_cast<Loop*>(uv_handle_get_data(closed));
      free(closed);
      if (--self->closing_ > 0) return;
      // Whoever is told may destroy this object.
      const auto done = std::move(self->done_);
      done();
    });
  }
}

}  // namespace uwsgi_node
