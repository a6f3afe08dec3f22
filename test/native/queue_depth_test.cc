#include "native/core/queue_depth.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "native/core/socket.h"
#include "test/native/check.h"

namespace uwsgi_node::test {
namespace {

// Connects to whatever `listener` is bound to.
int connect_to(int listener) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
  const int client = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  CHECK_EQ(connect(client, reinterpret_cast<sockaddr*>(&address), size), 0);
  return client;
}

// Waits until a connection can be accepted.
void wait_readable(int listener) {
  pollfd readable{.fd = listener, .events = POLLIN, .revents = 0};
  CHECK_EQ(poll(&readable, 1, 10'000), 1);
}

CASE("connections that wait are counted, over unix and TCP") {
  const std::string name = "@uwsgi-node-depth-" + std::to_string(getpid());
  for (const std::string& address : {name, std::string("127.0.0.1:0"), std::string("[::1]:0")}) {
    const BoundSocket bound = bind_listener(address, {.backlog = 16});
    CHECK_EQ(bound.error, 0);
    CHECK_EQ(queue_depth(bound.fd), 0);
    std::vector<int> clients;
    for (int count = 1; count <= 3; ++count) {
      clients.push_back(connect_to(bound.fd));
      // Under TCP_DEFER_ACCEPT a connection counts when it has sent something.
      CHECK_EQ(send(clients.back(), "x", 1, MSG_NOSIGNAL), 1);
      if (count == 1) wait_readable(bound.fd);
      CHECK_EQ(queue_depth(bound.fd), count);
    }
    const int accepted = accept4(bound.fd, nullptr, nullptr, SOCK_CLOEXEC);
    CHECK(accepted >= 0);
    CHECK_EQ(queue_depth(bound.fd), 2);
    close(accepted);
    for (const int client : clients) close(client);
    close(bound.fd);
  }
}

CASE("what does not listen has no queue") {
  int pair[2];
  CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
  CHECK_EQ(queue_depth(pair[0]), -1);
  close(pair[0]);
  close(pair[1]);
  CHECK_EQ(queue_depth(-1), -1);
}

}  // namespace
}  // namespace uwsgi_node::test
