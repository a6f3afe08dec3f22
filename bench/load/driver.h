// One thread of the load generator: its share of the connections in one epoll set. As nginx does it, every
// uwsgi request has a connection of its own: connect, send the packet, read until the end, close. With
// FastCGI a connection carries request after request until the server closes it.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "bench/load/fastcgi.h"
#include "bench/load/histogram.h"
#include "bench/load/options.h"
#include "bench/load/random.h"
#include "bench/load/response_check.h"

namespace uwsgi_node::bench {

struct Packets {
  std::vector<std::string> fast;
  std::vector<std::string> slow;
  std::string body;  // behind every packet
};

struct Counts {
  uint64_t ok = 0;
  uint64_t slow = 0;             // of all requests, those that asked for the slow path
  uint64_t connect_retries = 0;  // EAGAIN of a unix socket whose backlog is full; not an error
  uint64_t reconnects = 0;       // a kept connection had been closed by the server; not an error
  uint64_t bytes_received = 0;
  uint64_t failed_connect = 0;
  uint64_t failed_reset = 0;
  uint64_t failed_timeout = 0;
  uint64_t failed_short = 0;
  uint64_t failed_status = 0;
  uint64_t failed_malformed = 0;

  uint64_t failed() const {
    return failed_connect + failed_reset + failed_timeout + failed_short + failed_status + failed_malformed;
  }
};

uint64_t now_ns();

class Driver {
 public:
  // `index` tells the threads apart, `connections` and `requests` are this thread's share.
  Driver(const Options& options, const Packets& packets, int index, int connections, uint64_t requests);
  ~Driver();
  Driver(const Driver&) = delete;
  Driver& operator=(const Driver&) = delete;

  // Returns when every request that was started has ended.
  void run();

  const Counts& counts() const { return counts_; }
  const Histogram& fast() const { return fast_; }
  const Histogram& slow() const { return slow_; }

 private:
  enum class State : uint8_t { kIdle, kWaitingToConnect, kSending, kReading };

  struct Slot {
    int fd = -1;
    State state = State::kIdle;
    bool slow = false;
    bool watched = false;  // the descriptor is in the epoll set
    bool reused = false;   // this request is not the first on its connection
    bool answered = false;
    uint64_t started_ns = 0;
    size_t sent = 0;
    const std::string* packet = nullptr;
    ResponseCheck check;
    RecordReader records;
  };

  void begin(Slot& slot);
  void start(Slot& slot);
  void connect(Slot& slot);
  void resume_waiting();
  void send(Slot& slot);
  void watch(Slot& slot);
  void on_event(Slot& slot, uint32_t events);
  void read(Slot& slot, uint32_t events);
  // False when nothing more is to be read of this response.
  bool take(Slot& slot, size_t count);
  void end(Slot& slot);
  void lost(Slot& slot, uint64_t Counts::*kind);
  void fail(Slot& slot, uint64_t Counts::*kind);
  void close(Slot& slot);
  void expire();
  ssize_t send_some(const Slot& slot);

  const Options& options_;
  const Packets& packets_;
  const uint64_t requests_;
  Random random_;
  int epoll_fd_;
  uint64_t now_;
  uint64_t deadline_ns_;
  uint64_t started_ = 0;
  uint64_t active_ = 0;
  std::vector<Slot> slots_;
  std::vector<Slot*> waiting_;  // for room in the backlog, or after a failure
  std::vector<Slot*> resumed_;
  std::vector<char> receive_buffer_;
  Counts counts_;
  Histogram fast_;
  Histogram slow_;
};

}  // namespace uwsgi_node::bench
