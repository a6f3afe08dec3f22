// Bytes between two pages that nobody may touch: reading one byte too many kills the test at once, also where
// the compiler has no sanitizer.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

#include "native/core/bytes.h"

namespace uwsgi_node::test {

class Guarded {
 public:
  // kEnd: the byte after the last one is forbidden. kStart: the byte before the first one is.
  enum class Edge { kStart, kEnd };

  Guarded(Bytes bytes, Edge edge) {
    const size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
    const size_t room = (bytes.size() + page - 1) / page * page;
    mapped_ = room + 2 * page;
    void* const base = mmap(nullptr, mapped_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (base == MAP_FAILED) std::abort();
    base_ = static_cast<uint8_t*>(base);
    uint8_t* const begin = base_ + page;
    if (room != 0 && mprotect(begin, room, PROT_READ | PROT_WRITE) != 0) std::abort();
    uint8_t* const copy = edge == Edge::kStart ? begin : begin + room - bytes.size();
    if (!bytes.empty()) std::memcpy(copy, bytes.data(), bytes.size());
    bytes_ = {copy, bytes.size()};
  }
  ~Guarded() { munmap(base_, mapped_); }
  Guarded(const Guarded&) = delete;
  Guarded& operator=(const Guarded&) = delete;

  Bytes bytes() const { return bytes_; }

 private:
  uint8_t* base_;
  size_t mapped_;
  Bytes bytes_;
};

constexpr Guarded::Edge kBothEdges[] = {Guarded::Edge::kStart, Guarded::Edge::kEnd};

}  // namespace uwsgi_node::test
