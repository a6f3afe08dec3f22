// What every JS thread of the server does, in memory that the master and all workers share: a thread writes
// its own row, anybody reads all of them without asking the thread, which may be stuck. A row outlives the
// process that wrote it, so what a killed worker did can still be read; the master clears it for the next.
//
// Every number is an atomic of its own with relaxed order: a reader may see a request counted whose bytes are
// not yet, and nothing worse.
#pragma once

#include <unistd.h>

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "native/core/clock.h"
#include "native/core/meters.h"
#include "native/core/request_note.h"

namespace uwsgi_node {

// Of whole cache lines, so that no thread slows down another. The first line is written for every request.
struct alignas(64) ScoreRow {
  std::atomic<uint64_t> requests;      // handed to the application, since the row was cleared
  std::atomic<uint64_t> finished;      // of them
  std::atomic<uint64_t> bytes;         // of responses
  std::atomic<uint64_t> running_us;    // what the finished ones took, added up
  std::atomic<uint64_t> started_us;    // when the last one was handed over, CLOCK_MONOTONIC
  std::atomic<uint64_t> exceptions;    // the application threw
  std::atomic<uint64_t> read_errors;   // the peer ended, or stalled, inside a request
  std::atomic<uint64_t> write_errors;  // it left, or stalled, inside a response
  // Harakiri. Times are of CLOCK_MONOTONIC; 0: none. When the deadlines have passed the thread is stuck.
  alignas(64) std::atomic<uint64_t> deadline_ms;  // of requests in the engine
  std::atomic<uint64_t> front_deadline_ms;        // and of those that came by other ways
  std::atomic<uint64_t> harakiris;                // requests ended, by the thread or its worker's control
  std::atomic<uint64_t> thread_id;                // of the kernel
  std::atomic<uint64_t> watched_ms;               // when the worker's control last looked
  // Thousandths of the last second that the thread was at work; its control thread measures it.
  std::atomic<uint64_t> load;
  // The request that was handed over last.
  alignas(64) SharedNote note;
  alignas(64) Meters meters;
  // The request that meters.vitals.oldest_ms is about.
  alignas(64) SharedNote oldest;
};
static_assert(std::atomic<uint64_t>::is_always_lock_free, "processes share it");

class Scoreboard {
 public:
  // Makes shared memory for `rows` rows, all of them clear; close-on-exec. Returns -1 with errno. Rows that
  // are never used cost address space only.
  static int create(uint32_t rows);

  // Maps what create() made, here or in a parent. False when the kernel refuses.
  bool map(int fd, uint32_t rows);

  Scoreboard() = default;
  Scoreboard(const Scoreboard&) = delete;
  Scoreboard& operator=(const Scoreboard&) = delete;
  ~Scoreboard();

  uint32_t size() const { return rows_; }
  ScoreRow& row(uint32_t index) { return board_->rows[index]; }
  // Finished requests of the whole instance since its start.
  std::atomic<uint64_t>& total() { return board_->total; }
  // Whether requests may take longer than harakiri for now; the master says so.
  std::atomic<uint64_t>& harakiri_rests() { return board_->harakiri_rests; }
  // What `count` threads from `first` on have been handed.
  uint64_t requests(uint32_t first, uint32_t count);
  void clear(uint32_t first, uint32_t count);

 private:
  struct Board {
    alignas(64) std::atomic<uint64_t> total;
    alignas(64) std::atomic<uint64_t> harakiri_rests;
    ScoreRow rows[];
  };
  static size_t bytes_of(uint32_t rows) { return sizeof(Board) + rows * sizeof(ScoreRow); }

  Board* board_ = nullptr;
  uint32_t rows_ = 0;
};

// A thread's pen: what it writes its row and the total with. Without a board it writes nothing.
class ScoreKeeper {
 public:
  ScoreKeeper() = default;
  ScoreKeeper(Scoreboard& board, uint32_t row)
      : row_(&board.row(row)), total_(&board.total()), harakiri_rests_(&board.harakiri_rests()) {}

  // Takes the row over from a thread that died in the midst of requests: they are over.
  void take_over() {
    if (row_ == nullptr) return;
    const uint64_t requests = row_->requests.load(std::memory_order_relaxed);
    add_relaxed(row_->meters.statuses[0], requests - row_->finished.load(std::memory_order_relaxed));
    row_->finished.store(requests, std::memory_order_relaxed);
    add_relaxed(row_->meters.starts, 1);
    set_deadline(0);
    set_front_deadline(0);
    row_->thread_id.store(static_cast<uint64_t>(gettid()), std::memory_order_relaxed);
  }
  // A request is handed to the application. Returns when, for end().
  uint64_t begin(std::string_view note) {
    if (row_ == nullptr) return 0;
    const uint64_t now_us = monotonic_us();
    row_->started_us.store(now_us, std::memory_order_relaxed);
    row_->note.write(note);
    add_relaxed(row_->requests, 1);
    return now_us;
  }
  // Bytes of a response that goes on.
  void send(uint64_t bytes) {
    if (row_ != nullptr) add_relaxed(row_->bytes, bytes);
  }
  // Its response is over; `status` is the first digit of the response's, 0 without a response. Returns its
  // number among those of the whole instance, 0 without a board.
  uint64_t end(uint64_t bytes, uint64_t started_us, uint8_t status) {
    if (row_ == nullptr) return 0;
    const uint64_t took_us = monotonic_us() - started_us;
    add_relaxed(row_->finished, 1);
    add_relaxed(row_->bytes, bytes);
    add_relaxed(row_->running_us, took_us);
    row_->meters.count(status, took_us);
    return latest_ = total_->fetch_add(1, std::memory_order_relaxed) + 1;
  }
  void set_deadline(uint64_t at_ms) {
    if (row_ != nullptr) row_->deadline_ms.store(at_ms, std::memory_order_relaxed);
  }
  void set_front_deadline(uint64_t at_ms) {
    if (row_ != nullptr) row_->front_deadline_ms.store(at_ms, std::memory_order_relaxed);
  }
  // Two threads may count: this one, and its worker's control when this one is stuck.
  void count_harakiri() {
    if (row_ != nullptr) row_->harakiris.fetch_add(1, std::memory_order_relaxed);
  }
  bool harakiri_rests() const {
    return harakiri_rests_ != nullptr && harakiri_rests_->load(std::memory_order_relaxed) != 0;
  }
  void count_exception() {
    if (row_ != nullptr) add_relaxed(row_->exceptions, 1);
  }
  void count_read_error() {
    if (row_ != nullptr) add_relaxed(row_->read_errors, 1);
  }
  void count_write_error() {
    if (row_ != nullptr) add_relaxed(row_->write_errors, 1);
  }
  // Where the thread tells of itself; null, and no oldest(), without a board.
  Vitals* vitals() { return row_ == nullptr ? nullptr : &row_->meters.vitals; }
  SharedNote& oldest() { return row_->oldest; }
  // The number that end() returned last.
  uint64_t latest() const { return latest_; }

 private:
  ScoreRow* row_ = nullptr;
  std::atomic<uint64_t>* total_ = nullptr;
  const std::atomic<uint64_t>* harakiri_rests_ = nullptr;
  uint64_t latest_ = 0;
};

}  // namespace uwsgi_node
