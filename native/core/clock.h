// Time that only goes forward.
#pragma once

#include <time.h>

#include <cstdint>

namespace uwsgi_node {

inline uint64_t monotonic_ns() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
}

inline uint64_t monotonic_us() { return monotonic_ns() / 1'000; }

inline uint64_t monotonic_ms() { return monotonic_ns() / 1'000'000; }

// The same to a tick of the kernel's (1-10 ms), for a third of the price.
inline uint64_t coarse_ns() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
}

}  // namespace uwsgi_node
