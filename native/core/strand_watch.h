// Finds connections that wait while a thread idles.
//
// Listeners are watched with EPOLLEXCLUSIVE, so one connection wakes one thread. If that thread then runs
// other JavaScript first (a timer, a database callback) or leaves, the connection is stranded although others
// idle. The kernel does not notice; this thread does: while connections come in it looks every few
// milliseconds, and when a listener is readable and nobody has accepted since the last look, it wakes every
// engine of the process. When nothing comes in it sleeps until something does, so an idle server stays idle.
#pragma once

#include <cstdint>
#include <mutex>
#include <thread>
#include <vector>

#include "native/core/engine.h"

namespace uwsgi_node {

// One per process, shared by its engines; its thread runs while there is at least one.
class StrandWatch {
 public:
  static StrandWatch& instance();

  StrandWatch() = default;
  StrandWatch(const StrandWatch&) = delete;
  StrandWatch& operator=(const StrandWatch&) = delete;

  // The listeners stay open until `remove`.
  void add(Engine& engine, const std::vector<int>& listeners);
  // After this neither the engine nor its listeners are touched any more.
  void remove(Engine& engine);

 private:
  static constexpr int kLookMs = 5;
  static constexpr int kQuietLooks = 4;

  struct Watched {
    Engine* engine;
    std::vector<int> listeners;
  };

  void start();
  void stop();
  void watch();
  bool look();
  void sleep_until_connection();
  void update_listeners();

  // Held while an engine comes or goes: an engine that comes while the last one goes gets a thread of its
  // own.
  std::mutex coming_and_going_;
  // Held while what follows is read or changed.
  std::mutex mutex_;
  std::vector<Watched> watched_;
  std::vector<int> listeners_;  // of all of them, each once
  std::thread thread_;
  int epoll_fd_ = -1;
  int stop_fd_ = -1;
  uint64_t accepted_ = 0;
};

}  // namespace uwsgi_node
