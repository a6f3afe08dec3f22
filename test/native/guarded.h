// Bytes between two pages that nobody may touch: reading one byte too many kills the test at once, also where
// the compiler has no sanitizer.
#pragma once

#include <sanitizer/asan_interface.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <map>
#include <vector>

#include "native/core/bytes.h"

namespace uwsgi_node::test {

class Guarded {
 public:
  // kEnd: the byte after the last one is forbidden. kStart: the byte before the first one is.
  enum class Edge { kStart, kEnd };

  Guarded(Bytes bytes, Edge edge) {
    const size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
    room_ = (bytes.size() + page - 1) / page * page;
    begin_ = take(room_, page);
    ASAN_UNPOISON_MEMORY_REGION(begin_, room_);
    uint8_t* const copy = edge == Edge::kStart ? begin_ : begin_ + room_ - bytes.size();
    if (!bytes.empty()) std::memcpy(copy, bytes.data(), bytes.size());
    bytes_ = {copy, bytes.size()};
  }
  ~Guarded() {
    ASAN_POISON_MEMORY_REGION(begin_, room_);
    idle()[room_].push_back(begin_);
  }
  Guarded(const Guarded&) = delete;
  Guarded& operator=(const Guarded&) = delete;

  Bytes bytes() const { return bytes_; }

 private:
  // Used again, for there are tens of thousands: to map one takes far longer than what is tested. By size.
  static std::map<size_t, std::vector<uint8_t*>>& idle() {
    static std::map<size_t, std::vector<uint8_t*>> rooms;
    return rooms;
  }

  static uint8_t* take(size_t room, size_t page) {
    std::vector<uint8_t*>& rooms = idle()[room];
    if (!rooms.empty()) {
      uint8_t* const begin = rooms.back();
      rooms.pop_back();
      return begin;
    }
    void* const base = mmap(nullptr, room + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (base == MAP_FAILED) std::abort();
    uint8_t* const begin = static_cast<uint8_t*>(base) + page;
    if (room != 0 && mprotect(begin, room, PROT_READ | PROT_WRITE) != 0) std::abort();
    return begin;
  }

  uint8_t* begin_;
  size_t room_;
  Bytes bytes_;
};

constexpr Guarded::Edge kBothEdges[] = {Guarded::Edge::kStart, Guarded::Edge::kEnd};

}  // namespace uwsgi_node::test
