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

  void add(Engine& engine, const std::vector<int>& listeners);
  // After this the engine is not touched any more.
  void remove(Engine& engine);

 private:
  static constexpr int kLookMs = 5;
  static constexpr int kQuietLooks = 200;

  void start();
  void watch();
  bool look();
  void sleep_until_connection();

  std::mutex mutex_;
  std::vector<Engine*> engines_;
  std::vector<int> listeners_;
  std::thread thread_;
  int epoll_fd_ = -1;
  int stop_fd_ = -1;
  uint64_t accepted_ = 0;
  bool stopping_ = false;
};

}  // namespace uwsgi_node
