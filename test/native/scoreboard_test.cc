#include "native/core/scoreboard.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>
#include <vector>

#include "test/native/check.h"

namespace uwsgi_node::test {
namespace {

constexpr auto kRelaxed = std::memory_order_relaxed;

CASE("threads that count at once lose nothing while others read") {
  constexpr uint32_t kThreads = 4;
  constexpr uint64_t kRequests = 20'000;
  const int fd = Scoreboard::create(kThreads);
  CHECK(fd >= 0);
  Scoreboard board;
  CHECK(board.map(fd, kThreads));
  std::atomic<bool> over{false};
  std::thread reader([&] {
    uint64_t last = 0;
    while (!over.load()) {
      const uint64_t now = board.total().load(kRelaxed);
      CHECK(now >= last);
      last = now;
      for (uint32_t i = 0; i < kThreads; ++i) CHECK(board.row(i).requests.load(kRelaxed) <= kRequests);
    }
  });
  std::vector<std::thread> writers;
  for (uint32_t i = 0; i < kThreads; ++i) {
    writers.emplace_back([&, i] {
      ScoreKeeper keeper(board, i);
      for (uint64_t request = 1; request <= kRequests; ++request) {
        const uint64_t began = keeper.begin("GET");
        keeper.count_write_error();
        CHECK(keeper.end(100, began, 2) >= request);
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  over = true;
  reader.join();
  CHECK(board.total().load(kRelaxed) == kThreads * kRequests);
  CHECK(board.requests(1, 2) == 2 * kRequests);
  for (uint32_t i = 0; i < kThreads; ++i) {
    CHECK(board.row(i).requests.load(kRelaxed) == kRequests);
    CHECK(board.row(i).finished.load(kRelaxed) == kRequests);
    CHECK(board.row(i).bytes.load(kRelaxed) == 100 * kRequests);
    CHECK(board.row(i).write_errors.load(kRelaxed) == kRequests);
    CHECK(board.row(i).running_us.load(kRelaxed) < 60'000'000);
  }
  close(fd);
}

CASE("what a killed process was doing can be read, and its row cleared for the next") {
  const int fd = Scoreboard::create(3);
  Scoreboard board;
  CHECK(board.map(fd, 3));
  const pid_t child = fork();
  if (child == 0) {
    Scoreboard inherited;
    if (!inherited.map(fd, 3)) _exit(1);
    ScoreKeeper keeper(inherited, 1);
    keeper.end(5, keeper.begin("GET\0\0/first"), 2);
    keeper.begin("the one that kills");
    keeper.count_exception();
    raise(SIGKILL);
  }
  int status = 0;
  CHECK(waitpid(child, &status, 0) == child);
  CHECK(WIFSIGNALED(status));
  CHECK(board.row(1).requests.load(kRelaxed) == 2);
  CHECK(board.row(1).finished.load(kRelaxed) == 1);
  CHECK(board.row(1).exceptions.load(kRelaxed) == 1);
  CHECK(board.row(1).started_us.load(kRelaxed) > 0);
  CHECK(board.row(1).note.read() == "the one that kills");
  ScoreKeeper(board, 1).take_over();
  CHECK(board.row(1).finished.load(kRelaxed) == 2);
  board.clear(1, 2);
  CHECK(board.row(1).requests.load(kRelaxed) == 0);
  CHECK(board.row(1).started_us.load(kRelaxed) == 0);
  CHECK(board.row(1).note.read().empty());
  CHECK(board.total().load(kRelaxed) == 1);
  close(fd);
}

CASE("without a board nothing is written and nothing is counted") {
  ScoreKeeper keeper;
  CHECK(keeper.begin("GET") == 0);
  CHECK(keeper.end(1, 0, 0) == 0);
}

}  // namespace
}  // namespace uwsgi_node::test
