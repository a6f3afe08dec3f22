// A socket address as the command lines of both programs take it.
#pragma once

#include <sys/socket.h>

#include <string>

namespace uwsgi_node::bench {

struct Address {
  sockaddr_storage storage;
  socklen_t length;

  int family() const { return storage.ss_family; }
  bool is_unix() const { return storage.ss_family == AF_UNIX; }
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

// `127.0.0.1:8080` or `:8080` is TCP over IPv4, anything else the path of a unix socket. Ends the program
// with a message when the text is neither.
Address parse_address(const std::string& text);

}  // namespace uwsgi_node::bench
