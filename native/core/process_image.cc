#include "native/core/process_image.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

namespace uwsgi_node {
namespace {

sigset_t told_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGTSTP})
    sigaddset(&set, number);
  return set;
}

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> list;
  for (const std::string& text : texts) list.push_back(const_cast<char*>(text.c_str()));
  list.push_back(nullptr);
  return list;
}

}  // namespace

int keep_across_exec(int fd, bool keep) {
  const int flags = fcntl(fd, F_GETFD);
  if (flags < 0) return errno;
  const int wanted = keep ? flags & ~FD_CLOEXEC : flags | FD_CLOEXEC;
  return fcntl(fd, F_SETFD, wanted) == 0 ? 0 : errno;
}

int replace_image(const std::string& path, const std::vector<std::string>& argv,
                  const std::vector<std::string>& env) {
  const auto arguments = pointers(argv);
  const auto environment = pointers(env);
  // The mask outlives execve(2), and handlers do not: a signal before the new program has its own would kill
  // it.
  const sigset_t held = told_signals();
  pthread_sigmask(SIG_BLOCK, &held, nullptr);
  execve(path.c_str(), arguments.data(), environment.data());
  const int error = errno;
  allow_signals();
  return error;
}

void allow_signals() {
  const sigset_t held = told_signals();
  pthread_sigmask(SIG_UNBLOCK, &held, nullptr);
}

}  // namespace uwsgi_node
