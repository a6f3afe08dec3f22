#include "native/core/process_image.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

namespace uwsgi_node {
namespace {

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
  // No mask: it would outlive execve(2), but Node empties its own before any JavaScript runs.
  execve(path.c_str(), arguments.data(), environment.data());
  return errno;
}

}  // namespace uwsgi_node
