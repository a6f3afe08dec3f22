// Children that this process starts itself: a master's workers, and commands at certain times.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace uwsgi_node {

struct ChildStart {
  std::string path;
  std::vector<std::string> argv;
  // NAME=value
  std::vector<std::string> env;
  // Working directory.
  std::string folder;
  // Descriptor i of the child is descriptors[i] of this process; -1: /dev/null.
  std::vector<int> descriptors;
  // It leads a session of its own, and with that a process group: setsid(2).
  bool has_session = false;
};

// posix_spawn(3): every signal has its default action, and no descriptors are open but those of `start`, as
// long as all others of this process are close-on-exec. Returns 0, or the errno of what failed, execve(2)
// included.
//
// Unlike fork(2) it copies no page tables, which in a process of Node's size takes as long as execve(2)
// itself.
int start_child(const ChildStart& start, pid_t* pid);

enum class ChildState {
  running,
  // `number` is the exit code
  exited,
  // `number` is the signal
  killed,
  // Somebody else has collected it, or it never was a child of this process.
  unknown,
};

// waitpid(2), without waiting. Every state but `running` is told once.
ChildState collect_child(pid_t pid, int* number);

}  // namespace uwsgi_node
