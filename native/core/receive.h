// Reading from a connection, and the limits that go with it.
#pragma once

#include <errno.h>
#include <sys/socket.h>
#include <sys/types.h>

#include <cstdint>

namespace uwsgi_node {

// One read takes a packet of the largest size with a body up to the default post-buffering.
constexpr size_t kReceiveSize = 128 * 1024 + 64;

inline bool would_block(int error) { return error == EAGAIN || error == EWOULDBLOCK; }

// recv is a little cheaper on sockets than read, which goes through the file layer first.
inline ssize_t read_some(int fd, uint8_t* into, size_t size) {
  ssize_t got;
  do got = recv(fd, into, size, 0);
  while (got < 0 && errno == EINTR);
  return got;
}

}  // namespace uwsgi_node
