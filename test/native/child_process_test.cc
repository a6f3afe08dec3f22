#include "native/core/child_process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "test/native/check.h"

namespace uwsgi_node::test {
namespace {

struct Ended {
  ChildState state;
  int number;
};

// Waits for the end of what a shell does. Descriptor 3 of the shell is one end of a socket that nobody else
// holds, so that its end can be waited for.
Ended run(const std::string& script, ChildStart start = {}) {
  int ends[2];
  CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
  start.path = "/bin/sh";
  start.argv = {"a-shell", "-c", script};
  if (start.folder.empty()) start.folder = "/";
  start.descriptors = {-1, 1, 2, ends[1]};
  pid_t pid = 0;
  CHECK_EQ(start_child(start, &pid), 0);
  close(ends[1]);
  pollfd gone{.fd = ends[0], .events = POLLIN, .revents = 0};
  CHECK_EQ(poll(&gone, 1, 10'000), 1);
  close(ends[0]);
  Ended ended{ChildState::running, 0};
  while (ended.state == ChildState::running) ended.state = collect_child(pid, &ended.number);
  CHECK(collect_child(pid, &ended.number) == ChildState::unknown);
  return ended;
}

CASE("a child has the name, environment and folder that it is given, and no descriptors of this process") {
  const int own = open("/dev/null", O_RDONLY | O_CLOEXEC);
  const int high = fcntl(own, F_DUPFD_CLOEXEC, 100);
  const Ended ended =
      run("test \"$GREETING $0\" = 'hello a-shell' && test \"$(pwd)\" = /usr && "
          "test \"$(readlink /proc/$$/fd/0)\" = /dev/null && "
          "test ! -e /proc/$$/fd/" +
              std::to_string(high) + " && exit 7",
          {.env = {"GREETING=hello", "PATH=/usr/bin:/bin"}, .folder = "/usr"});
  CHECK(ended.state == ChildState::exited);
  CHECK_EQ(ended.number, 7);
  close(own);
  close(high);
}

CASE("a child leads a session where it is asked for, and with it a process group") {
  const std::string leads = "set -- $(cut -d ' ' -f 5,6 /proc/$$/stat); test \"$1\" = $$ && test \"$2\" = $$";
  CHECK_EQ(run(leads, {.env = {"PATH=/usr/bin:/bin"}, .has_session = true}).number, 0);
  CHECK_EQ(run(leads, {.env = {"PATH=/usr/bin:/bin"}}).number, 1);
}

CASE("a child can be killed, also by a signal that this process ignores") {
  signal(SIGTERM, SIG_IGN);
  const Ended ended = run("kill -TERM $$; exit 1");
  signal(SIGTERM, SIG_DFL);
  CHECK(ended.state == ChildState::killed);
  CHECK_EQ(ended.number, SIGTERM);
}

CASE("descriptors may trade places") {
  int first[2];
  int second[2];
  CHECK_EQ(pipe2(first, O_CLOEXEC), 0);
  CHECK_EQ(pipe2(second, O_CLOEXEC), 0);
  // Numbers of the child that are taken in this process, by what others of the child are made of.
  std::vector<int> descriptors(static_cast<size_t>(second[1]) + 1, 2);
  descriptors[0] = -1;
  descriptors[static_cast<size_t>(first[1])] = second[1];
  descriptors[static_cast<size_t>(second[1])] = first[1];
  const auto fd = [](int number) { return "/proc/self/fd/" + std::to_string(number); };
  pid_t pid = 0;
  CHECK_EQ(start_child({.path = "/bin/sh",
                        .argv = {"sh", "-c", "printf b >" + fd(first[1]) + "; printf a >" + fd(second[1])},
                        .env = {},
                        .folder = "/",
                        .descriptors = descriptors},
                       &pid),
           0);
  char text[2] = {};
  CHECK_EQ(read(first[0], &text[0], 1), 1);
  CHECK_EQ(read(second[0], &text[1], 1), 1);
  CHECK_EQ(text[0], 'a');
  CHECK_EQ(text[1], 'b');
  int number = 0;
  while (collect_child(pid, &number) == ChildState::running) poll(nullptr, 0, 1);
  for (const int end : {first[0], first[1], second[0], second[1]}) close(end);
}

CASE("what cannot be started says why") {
  pid_t pid = 0;
  CHECK_EQ(start_child({.path = "/no/such/program", .argv = {"x"}, .folder = "/"}, &pid), ENOENT);
  CHECK_EQ(start_child({.path = "/bin/sh", .argv = {"x"}, .folder = "/no/such/folder"}, &pid), ENOENT);
  CHECK_EQ(start_child({.path = "/bin/sh", .argv = {"x"}, .folder = "/", .descriptors = {999}}, &pid), EBADF);
}

}  // namespace
}  // namespace uwsgi_node::test
