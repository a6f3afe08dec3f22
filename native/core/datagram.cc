#include "native/core/datagram.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

namespace uwsgi_node {

namespace {

// The address's size; 0 for one that is too long.
socklen_t fill_address(std::string_view text, sockaddr_un& to) {
  to.sun_family = AF_UNIX;
  if (text.empty() || text.size() >= sizeof to.sun_path) return 0;
  memcpy(to.sun_path, text.data(), text.size());
  const bool abstract = text.front() == '@';
  if (abstract) to.sun_path[0] = '\0';
  return static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + text.size() + (abstract ? 0 : 1));
}

}  // namespace

int send_datagram(std::string_view address, std::string_view text) {
  sockaddr_un to{};
  const socklen_t size = fill_address(address, to);
  if (size == 0) return ENAMETOOLONG;

  const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return errno;
  const timeval patience{.tv_sec = 1, .tv_usec = 0};
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  const ssize_t sent =
      sendto(fd, text.data(), text.size(), MSG_NOSIGNAL, reinterpret_cast<sockaddr*>(&to), size);
  const int error = sent < 0 ? errno : 0;
  close(fd);
  return error;
}

int connect_datagram(std::string_view address) {
  sockaddr_un to{};
  const socklen_t size = fill_address(address, to);
  if (size == 0) {
    errno = ENAMETOOLONG;
    return -1;
  }
  const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0 || connect(fd, reinterpret_cast<sockaddr*>(&to), size) == 0) return fd;
  const int error = errno;
  close(fd);
  errno = error;
  return -1;
}

}  // namespace uwsgi_node
