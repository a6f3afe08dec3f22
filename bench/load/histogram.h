// Counts of latencies in buckets whose width grows with the value (as HdrHistogram does it): fixed memory,
// one increment per value, at most 0.8 % of error.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

namespace uwsgi_node::bench {

class Histogram {
 public:
  // Nanoseconds.
  void record(uint64_t value) {
    counts_[bucket_of(value)]++;
    count_++;
    if (value > max_) max_ = value;
  }

  void add(const Histogram& other) {
    for (size_t i = 0; i < counts_.size(); i++) counts_[i] += other.counts_[i];
    count_ += other.count_;
    if (other.max_ > max_) max_ = other.max_;
  }

  // The largest value of the bucket that holds the `share` quantile (0-1), never more than the maximum; 0
  // when empty.
  uint64_t quantile(double share) const {
    const double wanted = share * static_cast<double>(count_);
    uint64_t seen = 0;
    for (size_t i = 0; i < counts_.size(); i++) {
      seen += counts_[i];
      if (seen != 0 && static_cast<double>(seen) >= wanted) return top_of(i) < max_ ? top_of(i) : max_;
    }
    return max_;
  }

  uint64_t count() const { return count_; }
  uint64_t max() const { return max_; }

 private:
  static constexpr int kSubBits = 7;
  static constexpr uint64_t kSub = 1u << kSubBits;

  // Values below kSub have a bucket each; above, every power of two is cut into kSub buckets.
  static size_t bucket_of(uint64_t value) {
    if (value < kSub) return value;
    const int shift = static_cast<int>(std::bit_width(value)) - 1 - kSubBits;
    return (static_cast<size_t>(shift) + 1) * kSub + ((value >> shift) - kSub);
  }

  static uint64_t top_of(size_t bucket) {
    if (bucket < kSub) return bucket;
    const size_t shift = bucket / kSub - 1;
    return ((bucket % kSub + kSub + 1) << shift) - 1;
  }

  std::array<uint64_t, (64 - kSubBits + 1) * kSub> counts_{};
  uint64_t count_ = 0;
  uint64_t max_ = 0;
};

}  // namespace uwsgi_node::bench
