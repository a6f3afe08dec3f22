// An engine in a libuv loop: its listeners, its own descriptor, its timer.
//
// The listeners sit in the loop's own epoll set, re-added there with EPOLLEXCLUSIVE after libuv has
// registered them: nested in the engine's set the flag would do nothing and each connection would wake every
// idle thread (docs/decisions/0001-listeners-in-the-loop.md). libuv must not touch such a descriptor again,
// because EPOLL_CTL_MOD refuses exclusive ones and libuv aborts on that; pausing and resuming therefore goes
// straight to epoll.
#pragma once

#include <functional>
#include <vector>

#include "native/binding/uv_abi.h"
#include "native/core/engine.h"

namespace uwsgi_node {

class Loop {
 public:
  Loop(uv_loop_t* loop, Engine& engine) : loop_(loop), engine_(engine) {}
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // False when libuv refuses a descriptor.
  bool start(const std::vector<int>& listeners);
  void listen(bool wanted);
  // Does not wait on this listener for so long. One at a time: the last one.
  void look_away(int listener, uint64_t ms);
  void tick(bool wanted);
  // Whether the loop stays alive for the engine's sake.
  void keep_alive(bool wanted);
  // Closes every handle; `done` runs when libuv has let go of them.
  void stop(std::function<void()> done);

 private:
  struct ListenerHandle {
    Loop* loop;
    int fd;
    uv_handle_t* handle;
    bool registered;  // in the loop's set, exclusively
    bool away;        // for a while it is not to be
  };

  uv_handle_t* make(uv_handle_type type, void* data);
  bool make_exclusive();
  void set_registered(ListenerHandle& listener, bool wanted);
  void look_back();

  uv_loop_t* loop_;
  Engine& engine_;
  std::vector<uv_handle_t*> handles_;
  std::vector<ListenerHandle> listeners_;
  uv_handle_t* timer_ = nullptr;
  uv_handle_t* away_timer_ = nullptr;
  bool exclusive_ = false;
  bool wanted_ = true;
  size_t closing_ = 0;
  std::function<void()> done_;
};

}  // namespace uwsgi_node
