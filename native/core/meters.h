// What a thread measures of its requests and of itself, in its row of the scoreboard (scoreboard.h): one
// writer, any reader, relaxed order.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace uwsgi_node {

// The row has one writer: no read-modify-write is needed.
inline void add_relaxed(std::atomic<uint64_t>& field, uint64_t more) {
  field.store(field.load(std::memory_order_relaxed) + more, std::memory_order_relaxed);
}

// A histogram of microseconds: eight buckets for every doubling, so that a bucket is never wider than an
// eighth of what is in it. src/stats/latency.ts reads it.
class LatencyHistogram {
 public:
  // Beyond the last one, at 268 seconds, everything is in the last one.
  static constexpr size_t kBuckets = 208;

  static constexpr size_t bucket_of(uint64_t us) {
    if (us < 8) return us;
    const auto shift = static_cast<uint64_t>(std::bit_width(us)) - 4;
    return std::min<uint64_t>(shift * 8 + (us >> shift), kBuckets - 1);
  }

  void count(uint64_t us) { add_relaxed(buckets_[bucket_of(us)], 1); }
  uint64_t at(size_t bucket) const { return buckets_[bucket].load(std::memory_order_relaxed); }
  void clear() {
    for (auto& bucket : buckets_) bucket.store(0, std::memory_order_relaxed);
  }

 private:
  std::array<std::atomic<uint64_t>, kBuckets> buckets_;
};

// What only the thread itself can tell of its event loop and heap; told once a second by one that is not
// stuck. Times are microseconds, sizes bytes.
struct Vitals {
  std::atomic<uint64_t> told_us;  // CLOCK_MONOTONIC; 0: never
  std::atomic<uint64_t> loop_delay;
  std::atomic<uint64_t> loop_delay_max;
  std::atomic<uint64_t> heap_used;
  std::atomic<uint64_t> heap_total;
  std::atomic<uint64_t> external;
  // How long the oldest request that has been open for a second or more had been, in milliseconds; 0: there
  // is none. Which it is stands in ScoreRow::oldest.
  std::atomic<uint64_t> oldest_ms;

  // What is told, in the order in which it crosses to JavaScript.
  std::array<std::atomic<uint64_t>*, 6> told() {
    return {&loop_delay, &loop_delay_max, &heap_used, &heap_total, &external, &oldest_ms};
  }
};

struct Meters {
  static constexpr size_t kStatuses = 6;

  std::array<std::atomic<uint64_t>, kStatuses> statuses;  // by first digit; 0: no response
  LatencyHistogram latency;
  std::atomic<uint64_t> starts;  // of threads that have had the row
  Vitals vitals;

  void count(uint8_t status, uint64_t us) {
    add_relaxed(statuses[status < kStatuses ? status : 0], 1);
    latency.count(us);
  }
  void clear() {
    for (auto& status : statuses) status.store(0, std::memory_order_relaxed);
    latency.clear();
    starts.store(0, std::memory_order_relaxed);
    vitals.told_us.store(0, std::memory_order_relaxed);
    for (auto* field : vitals.told()) field->store(0, std::memory_order_relaxed);
  }
};

}  // namespace uwsgi_node
