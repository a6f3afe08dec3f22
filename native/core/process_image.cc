#include "native/core/process_image.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "native/core/exec_strings.h"

namespace uwsgi_node {
int keep_across_exec(int fd, bool keep) {
  const int flags = fcntl(fd, F_GETFD);
  if (flags < 0) return errno;
  const int wanted = keep ? flags & ~FD_CLOEXEC : flags | FD_CLOEXEC;
  return fcntl(fd, F_SETFD, wanted) == 0 ? 0 : errno;
}

int replace_image(const std::string& path, const std::vector<std::string>& argv,
                  const std::vector<std::string>& env) {
  const auto arguments = exec_strings(argv);
  const auto environment = exec_strings(env);
  // No mask: it would outlive execve(2), but Node empties its own before any JavaScript runs.
  execve(path.c_str(), arguments.data(), environment.data());
  return errno;
}

}  // namespace uwsgi_node
