// Listening sockets in uWSGI's address forms, and the few socket calls the rest of core needs.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace uwsgi_node {

enum class SocketFamily : uint8_t { kUnix, kInet, kInet6 };

struct ListenOptions {
  int backlog = 100;
  int mode = -1;  // permission bits for a unix socket; -1 leaves what the umask gives
  // Of TCP. What connections inherit from their listener is set there, so that no request pays for it.
  bool reuse_port = false;
  bool free_bind = false;    // an address that no interface has yet
  bool keep_alive = false;   // SO_KEEPALIVE
  bool defer_accept = true;  // a peer that has sent nothing yet is not worth a wake-up
  int fast_open = 0;         // length of the queue of TCP_FASTOPEN; 0: without
  int send_buffer = 0;       // bytes; 0: what the kernel gives
  int receive_buffer = 0;
};

struct BoundSocket {
  int fd = -1;
  SocketFamily family = SocketFamily::kUnix;
  std::string name;       // as the kernel has it: /run/app.sock, 127.0.0.1:41233, [::1]:80
  int error = 0;          // errno of the call that failed, 0 on success
  const char* call = "";  // that call
};

// Binds and listens on `path`, `@abstract`, `host:port`, `:port`, `*:port`, `[v6]:port` or `fd://N`. The
// descriptor is non-blocking and close-on-exec. A TCP listener gets SO_REUSEADDR and TCP_NODELAY.
BoundSocket bind_listener(std::string_view address, const ListenOptions& options);

// A connection to the unix socket `path` or `@abstract`, close-on-exec; -1 with errno.
int connect_unix(std::string_view path);

// Name of the other end for a log line: `10.0.0.1:4711`, or `unix` for a peer without an address.
std::string peer_name(int fd);

// Who is at the other end of a unix socket: a client, or for a client whoever called listen(2).
struct Peer {
  int pid = 0;
  uint32_t uid = 0;
  int error = 0;  // errno, 0 on success
};
Peer peer_of(int fd);

// The descriptor of this process that listens on 127.0.0.1:`port`, or -1.
int find_listener(uint16_t port);

}  // namespace uwsgi_node
