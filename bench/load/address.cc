#include "bench/load/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace uwsgi_node::bench {
namespace {

[[noreturn]] void refuse(const std::string& text, const char* reason) {
  fprintf(stderr, "address '%s': %s\n", text.c_str(), reason);
  exit(2);
}

Address unix_address(const std::string& path) {
  Address address{};
  auto* un = reinterpret_cast<sockaddr_un*>(&address.storage);
  if (path.empty()) refuse(path, "is empty; give a path or host:port");
  if (path.size() >= sizeof un->sun_path) refuse(path, "a unix socket's path has at most 107 bytes");
  un->sun_family = AF_UNIX;
  memcpy(un->sun_path, path.data(), path.size());
  address.length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + 1);
  return address;
}

}  // namespace

Address parse_address(const std::string& text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string::npos || text.find('/') != std::string::npos) return unix_address(text);

  Address address{};
  auto* in = reinterpret_cast<sockaddr_in*>(&address.storage);
  const std::string host = colon == 0 ? "0.0.0.0" : text.substr(0, colon);
  char* end = nullptr;
  const unsigned long port = strtoul(text.c_str() + colon + 1, &end, 10);
  if (*end != '\0' || end == text.c_str() + colon + 1 || port > 65535)
    refuse(text, "the port is not 0-65535");
  if (inet_pton(AF_INET, host.c_str(), &in->sin_addr) != 1) refuse(text, "the host is not an IPv4 address");
  in->sin_family = AF_INET;
  in->sin_port = htons(static_cast<uint16_t>(port));
  address.length = sizeof *in;
  return address;
}

}  // namespace uwsgi_node::bench
