#include "native/core/process_limits.h"

#include <dirent.h>
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/resource.h>

namespace uwsgi_node {

int pin_process(const std::vector<int>& processors) {
  cpu_set_t set;
  CPU_ZERO(&set);
  for (const int processor : processors) {
    if (processor >= 0 && processor < CPU_SETSIZE) CPU_SET(processor, &set);
  }
  DIR* threads = opendir("/proc/self/task");
  if (threads == nullptr) return errno;
  int error = 0;
  while (const dirent* entry = readdir(threads)) {
    const int thread = atoi(entry->d_name);
    // One that has ended meanwhile is no failure.
    if (thread > 0 && sched_setaffinity(thread, sizeof set, &set) != 0 && errno != ESRCH) error = errno;
  }
  closedir(threads);
  return error;
}

int limit_open_files(unsigned long count) {
  // The hard limit too: every Node.js process raises its own limit to that at its start.
  const rlimit limit{.rlim_cur = count, .rlim_max = count};
  return setrlimit(RLIMIT_NOFILE, &limit) == 0 ? 0 : errno;
}

}  // namespace uwsgi_node
