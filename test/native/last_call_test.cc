#include "native/core/last_call.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

#include "native/core/queue_depth.h"
#include "native/core/socket.h"
#include "test/native/check.h"

namespace uwsgi_node::test {
namespace {

// A socket that has asked to be connected to whatever `listener` is bound to, and the answer in errno.
int ask(int listener) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
  const int client = socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  errno = 0;
  connect(client, reinterpret_cast<sockaddr*>(&address), size);
  return client;
}

// What became of a connection that was EINPROGRESS, once that is known.
int outcome(int client) {
  pollfd done{.fd = client, .events = POLLOUT, .revents = 0};
  poll(&done, 1, 10'000);
  int error = 0;
  socklen_t size = sizeof error;
  getsockopt(client, SOL_SOCKET, SO_ERROR, &error, &size);
  return error;
}

void wait_readable(int fd) {
  pollfd readable{.fd = fd, .events = POLLIN, .revents = 0};
  CHECK_EQ(poll(&readable, 1, 10'000), 1);
}

void check_still_served(int listener, int client) {
  wait_readable(listener);
  const int served = accept(listener, nullptr, nullptr);
  CHECK(served >= 0);
  char bytes[8];
  CHECK_EQ(recv(served, bytes, sizeof bytes, 0), 5);
  CHECK_EQ(send(served, "there", 5, MSG_NOSIGNAL), 5);
  wait_readable(client);
  CHECK_EQ(recv(client, bytes, sizeof bytes, 0), 5);
  close(served);
}

CASE("a unix listener refuses who comes, and keeps who waits") {
  const BoundSocket bound = bind_listener("@uwsgi-node-last-call-" + std::to_string(getpid()), {});
  const int early = ask(bound.fd);
  CHECK_EQ(send(early, "hello", 5, 0), 5);
  CHECK_EQ(refuse_new(bound.fd), 0);
  const int late = ask(bound.fd);
  CHECK_EQ(errno, ECONNREFUSED);
  check_still_served(bound.fd, early);
  for (const int fd : {early, late, bound.fd}) close(fd);
}

CASE(
    "a TCP listener refuses who comes, keeps who is connected and has sent nothing yet, and frees its port") {
  for (const char* address : {"127.0.0.1:0", "[::1]:0", "[::]:0"}) {
    const BoundSocket bound = bind_listener(address, {});
    const int early = ask(bound.fd);
    CHECK_EQ(outcome(early), 0);
    CHECK_EQ(refuse_new(bound.fd), 0);
    CHECK_EQ(send(early, "hello", 5, 0), 5);
    const int late = ask(bound.fd);
    CHECK_EQ(outcome(late), ECONNREFUSED);
    check_still_served(bound.fd, early);
    CHECK_EQ(queue_depth(bound.fd), 0);
    shut_down(bound.fd);
    const int refused = ask(bound.fd);
    CHECK_EQ(outcome(refused), ECONNREFUSED);
    for (const int fd : {early, late, refused}) close(fd);
    // The port is free, though the descriptor is still open.
    const BoundSocket next = bind_listener(bound.name, {});
    CHECK_EQ(next.error, 0);
    close(next.fd);
    close(bound.fd);
  }
}

CASE("what is no socket is told") { CHECK_EQ(refuse_new(-1), EBADF); }

}  // namespace
}  // namespace uwsgi_node::test
