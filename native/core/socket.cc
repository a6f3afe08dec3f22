#include "native/core/socket.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace uwsgi_node {
namespace {

BoundSocket failed(BoundSocket socket, const char* call, int error) {
  if (socket.fd >= 0) close(socket.fd);
  socket.fd = -1;
  socket.call = call;
  socket.error = error;
  return socket;
}

std::string inet_name(const sockaddr_storage& address) {
  char text[INET6_ADDRSTRLEN] = "";
  if (address.ss_family == AF_INET6) {
    const auto& in6 = reinterpret_cast<const sockaddr_in6&>(address);
    inet_ntop(AF_INET6, &in6.sin6_addr, text, sizeof text);
    return std::string("[") + text + "]:" + std::to_string(ntohs(in6.sin6_port));
  }
  const auto& in4 = reinterpret_cast<const sockaddr_in&>(address);
  inet_ntop(AF_INET, &in4.sin_addr, text, sizeof text);
  return std::string(text) + ":" + std::to_string(ntohs(in4.sin_port));
}

BoundSocket start_listening(BoundSocket socket, int backlog) {
  if (listen(socket.fd, backlog) != 0) return failed(std::move(socket), "listen", errno);
  return socket;
}

struct UnixAddress {
  sockaddr_un name{};
  socklen_t size = 0;  // 0: it does not fit

  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&name); }
};

// An abstract name is as long as it is, without a NUL at its end.
UnixAddress unix_address(std::string_view path) {
  UnixAddress address;
  address.name.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.name.sun_path) return address;
  memcpy(address.name.sun_path, path.data(), path.size());
  const bool abstract = path.front() == '@';
  if (abstract) address.name.sun_path[0] = '\0';
  address.size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + (abstract ? 0 : 1));
  return address;
}

BoundSocket bind_unix(std::string_view path, const ListenOptions& options) {
  BoundSocket socket{.family = SocketFamily::kUnix, .name = std::string(path)};
  const UnixAddress address = unix_address(path);
  if (address.size == 0) return failed(std::move(socket), "bind", ENAMETOOLONG);

  socket.fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (socket.fd < 0) return failed(std::move(socket), "socket", errno);
  if (bind(socket.fd, address.get(), address.size) != 0) {
    return failed(std::move(socket), "bind", errno);
  }
  // chmod before listen: nobody can connect with the wrong permissions.
  if (path.front() != '@' && options.mode >= 0 &&
      chmod(socket.name.c_str(), static_cast<mode_t>(options.mode)) != 0) {
    return failed(std::move(socket), "chmod", errno);
  }
  return start_listening(std::move(socket), options.backlog);
}

void set_option(int fd, int level, int name, int value) { setsockopt(fd, level, name, &value, sizeof value); }

void set_buffers(int fd, const ListenOptions& options) {
  if (options.send_buffer > 0) set_option(fd, SOL_SOCKET, SO_SNDBUF, options.send_buffer);
  if (options.receive_buffer > 0) set_option(fd, SOL_SOCKET, SO_RCVBUF, options.receive_buffer);
}

BoundSocket bind_inet(const addrinfo& info, const ListenOptions& options) {
  BoundSocket socket{.family = info.ai_family == AF_INET6 ? SocketFamily::kInet6 : SocketFamily::kInet};
  socket.fd = ::socket(info.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (socket.fd < 0) return failed(std::move(socket), "socket", errno);
  set_option(socket.fd, SOL_SOCKET, SO_REUSEADDR, 1);
  set_option(socket.fd, IPPROTO_TCP, TCP_NODELAY, 1);
  if (options.defer_accept) set_option(socket.fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, 1);
  if (options.reuse_port) set_option(socket.fd, SOL_SOCKET, SO_REUSEPORT, 1);
  if (options.free_bind) set_option(socket.fd, IPPROTO_IP, IP_FREEBIND, 1);
  if (options.keep_alive) set_option(socket.fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  if (options.fast_open > 0) set_option(socket.fd, IPPROTO_TCP, TCP_FASTOPEN, options.fast_open);
  set_buffers(socket.fd, options);
  if (bind(socket.fd, info.ai_addr, info.ai_addrlen) != 0) return failed(std::move(socket), "bind", errno);
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  getsockname(socket.fd, reinterpret_cast<sockaddr*>(&bound), &size);
  socket.name = inet_name(bound);
  return start_listening(std::move(socket), options.backlog);
}

BoundSocket bind_host(std::string host, const std::string& port, const ListenOptions& options) {
  if (host.size() > 1 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  if (host.empty() || host == "*") host = "0.0.0.0";
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (getaddrinfo(host.c_str(), port.c_str(), &hints, &found) != 0) {
    return failed({.family = SocketFamily::kInet}, "getaddrinfo", EADDRNOTAVAIL);
  }
  BoundSocket socket = bind_inet(*found, options);
  freeaddrinfo(found);
  return socket;
}

BoundSocket adopt(std::string_view number, int backlog) {
  BoundSocket socket{.fd = atoi(std::string(number).c_str())};
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  if (getsockname(socket.fd, reinterpret_cast<sockaddr*>(&bound), &size) != 0) {
    return {.error = errno, .call = "getsockname"};
  }
  if (bound.ss_family == AF_UNIX) {
    const auto& un = reinterpret_cast<const sockaddr_un&>(bound);
    const size_t length = size > offsetof(sockaddr_un, sun_path) ? size - offsetof(sockaddr_un, sun_path) : 0;
    socket.name.assign(un.sun_path, strnlen(un.sun_path, length));
    if (length > 0 && un.sun_path[0] == '\0') {
      socket.name.assign(un.sun_path, length);
      socket.name[0] = '@';
    }
  } else {
    socket.family = bound.ss_family == AF_INET6 ? SocketFamily::kInet6 : SocketFamily::kInet;
    socket.name = inet_name(bound);
    const int on = 1;
    setsockopt(socket.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  fcntl(socket.fd, F_SETFL, fcntl(socket.fd, F_GETFL) | O_NONBLOCK);
  fcntl(socket.fd, F_SETFD, FD_CLOEXEC);
  return start_listening(std::move(socket), backlog);
}

}  // namespace

BoundSocket bind_listener(std::string_view address, const ListenOptions& options) {
  if (address.starts_with("fd://")) return adopt(address.substr(5), options.backlog);
  const size_t colon = address.rfind(':');
  if (colon == std::string_view::npos || address.front() == '@' || address.front() == '/') {
    return bind_unix(address, options);
  }
  return bind_host(std::string(address.substr(0, colon)), std::string(address.substr(colon + 1)), options);
}

int connect_unix(std::string_view path) {
  const UnixAddress address = unix_address(path);
  if (address.size == 0) {
    errno = ENAMETOOLONG;
    return -1;
  }
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || connect(fd, address.get(), address.size) == 0) return fd;
  const int error = errno;
  close(fd);
  errno = error;
  return -1;
}

std::string peer_name(int fd) {
  sockaddr_storage peer{};
  socklen_t size = sizeof peer;
  if (getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &size) != 0 || peer.ss_family == AF_UNIX)
    return "unix";
  return inet_name(peer);
}

Peer peer_of(int fd) {
  ucred credentials{};
  socklen_t size = sizeof credentials;
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) return {.error = errno};
  return {.pid = credentials.pid, .uid = credentials.uid};
}

int find_listener(uint16_t port) {
  DIR* fds = opendir("/proc/self/fd");
  if (fds == nullptr) return -1;
  int found = -1;
  while (const dirent* entry = readdir(fds)) {
    const int fd = atoi(entry->d_name);
    int listening = 0;
    socklen_t size = sizeof listening;
    if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) != 0 || listening == 0) continue;
    sockaddr_storage bound{};
    socklen_t length = sizeof bound;
    if (getsockname(fd, reinterpret_cast<sockaddr*>(&bound), &length) != 0 || bound.ss_family != AF_INET)
      continue;
    const auto& in4 = reinterpret_cast<const sockaddr_in&>(bound);
    if (ntohs(in4.sin_port) == port && in4.sin_addr.s_addr == htonl(INADDR_LOOPBACK)) found = fd;
  }
  closedir(fds);
  return found;
}

}  // namespace uwsgi_node
