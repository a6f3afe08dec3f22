#include "native/core/scoreboard.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>

namespace uwsgi_node {

int Scoreboard::create(uint32_t rows) {
  const int fd = memfd_create("uwsgi-node scoreboard", MFD_CLOEXEC);
  if (fd < 0) return -1;
  if (ftruncate(fd, static_cast<off_t>(bytes_of(rows))) == 0) return fd;
  const int error = errno;
  close(fd);
  errno = error;
  return -1;
}

bool Scoreboard::map(int fd, uint32_t rows) {
  void* memory = mmap(nullptr, bytes_of(rows), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (memory == MAP_FAILED) return false;
  // Zero bytes are what an atomic 0 is made of.
  board_ = static_cast<Board*>(memory);
  rows_ = rows;
  return true;
}

Scoreboard::~Scoreboard() {
  if (board_ != nullptr) munmap(board_, bytes_of(rows_));
}

uint64_t Scoreboard::requests(uint32_t first, uint32_t count) {
  uint64_t sum = 0;
  for (uint32_t index = first; index < first + count; ++index)
    sum += row(index).requests.load(std::memory_order_relaxed);
  return sum;
}

void Scoreboard::clear(uint32_t first, uint32_t count) {
  for (uint32_t index = first; index < first + count; ++index) {
    ScoreRow& cleared = row(index);
    for (auto* field : {&cleared.requests, &cleared.finished, &cleared.bytes, &cleared.running_us,
                        &cleared.started_us, &cleared.exceptions, &cleared.read_errors, &cleared.write_errors,
                        &cleared.harakiris, &cleared.deadline_ms, &cleared.front_deadline_ms, &cleared.load,
                        &cleared.thread_id, &cleared.watched_ms}) {
      field->store(0, std::memory_order_relaxed);
    }
    cleared.note.clear();
    cleared.meters.clear();
    cleared.oldest.clear();
  }
}

}  // namespace uwsgi_node
