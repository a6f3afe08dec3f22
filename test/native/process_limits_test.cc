#include "native/core/process_limits.h"

#include <errno.h>
#include <sched.h>
#include <sys/resource.h>

#include <atomic>
#include <thread>

#include "test/native/check.h"

namespace uwsgi_node::test {
namespace {

int processors_of_this_thread(int* first) {
  cpu_set_t set;
  sched_getaffinity(0, sizeof set, &set);
  for (*first = 0; *first < CPU_SETSIZE && !CPU_ISSET(*first, &set);) ++*first;
  return CPU_COUNT(&set);
}

CASE("threads that run, and those that come, are bound to the processors") {
  int first = 0;
  processors_of_this_thread(&first);
  std::atomic<bool> pinned = false;
  int seen = 0;
  std::thread running([&] {
    pinned.wait(false);
    int any;
    seen = processors_of_this_thread(&any);
  });
  const int error = pin_process({first});
  pinned = true;
  pinned.notify_all();
  running.join();
  CHECK_EQ(error, 0);
  CHECK_EQ(seen, 1);
  int later = 0;
  std::thread([&] {
    int any;
    later = processors_of_this_thread(&any);
  }).join();
  CHECK_EQ(later, 1);
  CHECK_EQ(pin_process({}), EINVAL);
}

CASE("the number of descriptors is set, and what is not allowed is told") {
  CHECK_EQ(limit_open_files(100), 0);
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  CHECK_EQ(limit.rlim_cur, 100u);
  CHECK_EQ(limit_open_files(1ul << 62), EPERM);
}

}  // namespace
}  // namespace uwsgi_node::test
