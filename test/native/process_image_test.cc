#include "native/core/process_image.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test/native/check.h"

namespace uwsgi_node::test {
namespace {

bool closes_on_exec(int fd) { return (fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0; }

// What a child that runs `script` in its own place exits with.
int exit_code_of(const char* script) {
  const pid_t child = fork();
  if (child == 0) {
    replace_image("/bin/sh", {"sh", "-c", script}, {"GREETING=hello"});
    _exit(99);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

CASE("descriptors stay open for the next program when they are wanted") {
  const int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
  CHECK_EQ(keep_across_exec(fd, true), 0);
  CHECK(!closes_on_exec(fd));
  CHECK_EQ(keep_across_exec(fd, false), 0);
  CHECK(closes_on_exec(fd));
  close(fd);
  CHECK_EQ(keep_across_exec(fd, true), EBADF);
}

CASE("another program runs with its environment") {
  CHECK_EQ(exit_code_of("test \"$GREETING\" = hello && exit 7"), 7);
}

CASE("this one goes on when there is no such program") {
  CHECK_EQ(replace_image("/no/such/program", {"x"}, {}), ENOENT);
}

}  // namespace
}  // namespace uwsgi_node::test
