#include "native/core/datagram.h"

#include <errno.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <string>

#include "test/native/check.h"

namespace uwsgi_node::test {
namespace {

int receive_at(const std::string& name) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  name.copy(address.sun_path, sizeof address.sun_path - 1);
  const bool abstract = name[0] == '@';
  if (abstract) address.sun_path[0] = '\0';
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size() + !abstract);
  const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  CHECK_EQ(bind(fd, reinterpret_cast<sockaddr*>(&address), size), 0);
  return fd;
}

CASE("a datagram reaches a path and an abstract name") {
  const std::string pid = std::to_string(getpid());
  for (const std::string& name : {"/tmp/uwsgi-node-datagram-" + pid, "@uwsgi-node-datagram-" + pid}) {
    const int receiver = receive_at(name);
    CHECK_EQ(send_datagram(name, "READY=1\nSTATUS=fine"), 0);
    char bytes[64];
    const ssize_t size = recv(receiver, bytes, sizeof bytes, 0);
    CHECK_EQ(std::string(bytes, static_cast<size_t>(size)), "READY=1\nSTATUS=fine");
    close(receiver);
    unlink(name.c_str());
  }
}

CASE("what cannot be sent is told, and a full receiver does not hold the sender up for long") {
  CHECK_EQ(send_datagram("/no/such/socket", "x"), ENOENT);
  CHECK_EQ(send_datagram("", "x"), ENAMETOOLONG);
  CHECK_EQ(send_datagram("/" + std::string(200, 'x'), "x"), ENAMETOOLONG);
  const std::string name = "@uwsgi-node-full-" + std::to_string(getpid());
  const int receiver = receive_at(name);
  int error = 0;
  for (int sent = 0; sent < 10'000 && error == 0; ++sent) error = send_datagram(name, "x");
  CHECK_EQ(error, EAGAIN);
  close(receiver);
}

}  // namespace
}  // namespace uwsgi_node::test
