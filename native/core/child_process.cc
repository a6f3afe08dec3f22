#include "native/core/child_process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "native/core/exec_strings.h"

namespace uwsgi_node {
namespace {

// Duplicates beyond the child's own numbers: dup2(2) onto those must not close what is still to be
// duplicated.
class Duplicates {
 public:
  Duplicates() = default;
  Duplicates(const Duplicates&) = delete;
  Duplicates& operator=(const Duplicates&) = delete;
  ~Duplicates() {
    for (const int fd : fds_) close(fd);
  }

  // Returns an errno.
  int add(int fd, int beyond) {
    const int copy = fcntl(fd, F_DUPFD_CLOEXEC, beyond);
    if (copy < 0) return errno;
    fds_.push_back(copy);
    return 0;
  }
  int last() const { return fds_.back(); }

 private:
  std::vector<int> fds_;
};

// What Node does for standard descriptors of children: they may not know how to write to one that blocks not.
void make_blocking(int fd) {
  const int flags = fcntl(fd, F_GETFL);
  if (flags >= 0 && (flags & O_NONBLOCK) != 0) fcntl(fd, F_SETFL, flags & ~O_NONBLOCK);
}

int add_descriptors(const std::vector<int>& descriptors, Duplicates* duplicates,
                    posix_spawn_file_actions_t* actions) {
  const int count = static_cast<int>(descriptors.size());
  for (int number = 0; number < count; ++number) {
    const int fd = descriptors[static_cast<size_t>(number)];
    int error = 0;
    if (fd < 0) {
      error = posix_spawn_file_actions_addopen(actions, number, "/dev/null", O_RDWR, 0);
    } else {
      if (number <= STDERR_FILENO) make_blocking(fd);
      error = duplicates->add(fd, count);
      if (error == 0) error = posix_spawn_file_actions_adddup2(actions, duplicates->last(), number);
    }
    if (error != 0) return error;
  }
  return 0;
}

int spawn(const ChildStart& start, const posix_spawn_file_actions_t* actions, pid_t* pid) {
  posix_spawnattr_t attributes;
  int error = posix_spawnattr_init(&attributes);
  if (error != 0) return error;
  sigset_t signals;
  sigfillset(&signals);
  posix_spawnattr_setsigdefault(&attributes, &signals);
  sigemptyset(&signals);
  posix_spawnattr_setsigmask(&attributes, &signals);
  int flags = POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK;
  if (start.has_session) flags |= POSIX_SPAWN_SETSID;
  posix_spawnattr_setflags(&attributes, static_cast<short>(flags));
  const auto arguments = exec_strings(start.argv);
  const auto environment = exec_strings(start.env);
  error = posix_spawn(pid, start.path.c_str(), actions, &attributes, arguments.data(), environment.data());
  posix_spawnattr_destroy(&attributes);
  return error;
}

}  // namespace

int start_child(const ChildStart& start, pid_t* pid) {
  posix_spawn_file_actions_t actions;
  int error = posix_spawn_file_actions_init(&actions);
  if (error != 0) return error;
  Duplicates duplicates;
  error = add_descriptors(start.descriptors, &duplicates, &actions);
  if (error == 0) error = posix_spawn_file_actions_addchdir_np(&actions, start.folder.c_str());
  if (error == 0) error = spawn(start, &actions, pid);
  posix_spawn_file_actions_destroy(&actions);
  return error;
}

ChildState collect_child(pid_t pid, int* number) {
  int status = 0;
  pid_t ended = 0;
  do ended = waitpid(pid, &status, WNOHANG);
  while (ended < 0 && errno == EINTR);
  if (ended == 0) return ChildState::running;
  if (ended < 0) return ChildState::unknown;
  *number = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
  return WIFSIGNALED(status) ? ChildState::killed : ChildState::exited;
}

}  // namespace uwsgi_node
