#include "native/core/children.h"

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace uwsgi_node {

bool adopts_orphans() {
  int subreaper = 0;
  return getpid() == 1 || (prctl(PR_GET_CHILD_SUBREAPER, &subreaper) == 0 && subreaper != 0);
}

bool reap(pid_t pid) { return pid > 0 && waitpid(pid, nullptr, WNOHANG) == pid; }

}  // namespace uwsgi_node
