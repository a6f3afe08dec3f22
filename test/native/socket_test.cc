#include "native/core/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <string>

#include "test/native/check.h"

namespace uwsgi_node::test {
namespace {

// A socket of the test's own that is closed at its end.
struct Bound : BoundSocket {
  explicit Bound(const std::string& address, const ListenOptions& options = {})
      : BoundSocket(bind_listener(address, options)) {}
  Bound(const Bound&) = delete;
  Bound& operator=(const Bound&) = delete;
  ~Bound() {
    if (fd >= 0) close(fd);
  }
};

class Directory {
 public:
  Directory() {
    if (mkdtemp(path_) == nullptr) std::abort();
  }
  ~Directory() { rmdir(path_); }
  std::string operator/(const std::string& name) const { return std::string(path_) + "/" + name; }

 private:
  char path_[32] = "/tmp/uwsgi-node-XXXXXX";
};

int option(int fd, int level, int name) {
  int value = -1;
  socklen_t size = sizeof value;
  getsockopt(fd, level, name, &value, &size);
  return value;
}

bool listens(int fd) { return option(fd, SOL_SOCKET, SO_ACCEPTCONN) == 1; }
bool is_private(int fd) { return (fcntl(fd, F_GETFD) & FD_CLOEXEC) && (fcntl(fd, F_GETFL) & O_NONBLOCK); }

CASE("a path is a unix socket with the permissions that are asked for") {
  const Directory folder;
  for (const int mode : {0600, 0664, 0666}) {
    const Bound bound(folder / "a.sock", {.backlog = 5, .mode = mode});
    CHECK_EQ(bound.error, 0);
    CHECK(bound.family == SocketFamily::kUnix);
    CHECK_EQ(bound.name, folder / "a.sock");
    CHECK(listens(bound.fd) && is_private(bound.fd));
    struct stat found;
    stat(bound.name.c_str(), &found);
    CHECK_EQ(found.st_mode & 0777, static_cast<mode_t>(mode));
    unlink(bound.name.c_str());
  }
}

CASE("without a mode the umask decides") {
  const Directory folder;
  const mode_t before = umask(027);
  const Bound bound(folder / "a.sock");
  umask(before);
  struct stat found;
  stat(bound.name.c_str(), &found);
  CHECK_EQ(found.st_mode & 0777, 0750u);
  unlink(bound.name.c_str());
}

CASE("a path may hold 107 bytes, colons behind a slash, and no more") {
  const Directory folder;
  const std::string longest = folder / std::string(107 - (folder / "").size(), 'x');
  const Bound fits(longest);
  CHECK_EQ(fits.error, 0);
  unlink(longest.c_str());
  const Bound too_long(longest + "x");
  CHECK_EQ(too_long.error, ENAMETOOLONG);
  CHECK_EQ(too_long.fd, -1);
  const Bound colon(folder / "a:80");
  CHECK(colon.family == SocketFamily::kUnix);
  unlink(colon.name.c_str());
}

CASE("@name is abstract: nothing appears in the file system") {
  const std::string name = "@uwsgi-node-test-" + std::to_string(getpid());
  const Bound bound(name, {.backlog = 5, .mode = 0600});
  CHECK_EQ(bound.error, 0);
  CHECK_EQ(bound.name, name);
  sockaddr_un address{};
  socklen_t size = sizeof address;
  getsockname(bound.fd, reinterpret_cast<sockaddr*>(&address), &size);
  CHECK_EQ(address.sun_path[0], '\0');
  // Exactly the name, without trailing zeros: others have to find it.
  CHECK_EQ(size, sizeof(sa_family_t) + name.size());
}

CASE("host:port, :port and *:port are IPv4, [v6]:port is IPv6, port 0 is the kernel's choice") {
  const struct {
    const char* address;
    SocketFamily family;
    const char* prefix;
  } rows[] = {{"127.0.0.1:0", SocketFamily::kInet, "127.0.0.1:"},
              {":0", SocketFamily::kInet, "0.0.0.0:"},
              {"*:0", SocketFamily::kInet, "0.0.0.0:"},
              {"[::1]:0", SocketFamily::kInet6, "[::1]:"}};
  for (const auto& row : rows) {
    const Bound bound(row.address);
    CHECK_EQ(bound.error, 0);
    CHECK(bound.family == row.family);
    CHECK(bound.name.starts_with(row.prefix));
    CHECK(!bound.name.ends_with(":0"));
    CHECK(listens(bound.fd) && is_private(bound.fd));
    CHECK_EQ(option(bound.fd, SOL_SOCKET, SO_REUSEADDR), 1);
    CHECK(option(bound.fd, IPPROTO_TCP, TCP_NODELAY) != 0);
    CHECK(option(bound.fd, IPPROTO_TCP, TCP_DEFER_ACCEPT) > 0);
  }
}

CASE("options of TCP are those of the listener, and of what it accepts") {
  const ListenOptions options{.reuse_port = true,
                              .free_bind = true,
                              .keep_alive = true,
                              .defer_accept = false,
                              .fast_open = 5,
                              .send_buffer = 9000,
                              .receive_buffer = 8000};
  const Bound bound("127.0.0.1:0", options);
  const Bound second(bound.name, options);
  CHECK_EQ(second.error, 0);
  const Bound nowhere("198.51.100.1:0", options);
  CHECK_EQ(nowhere.error, 0);
  CHECK_EQ(option(bound.fd, IPPROTO_TCP, TCP_DEFER_ACCEPT), 0);
  CHECK_EQ(option(bound.fd, SOL_SOCKET, SO_KEEPALIVE), 1);
  // The kernel doubles what it is asked for.
  CHECK_EQ(option(bound.fd, SOL_SOCKET, SO_SNDBUF), 18000);
  CHECK_EQ(option(bound.fd, SOL_SOCKET, SO_RCVBUF), 16000);
}

CASE("what cannot be bound says which call failed, and leaves no descriptor behind") {
  const int before = dup(0);
  close(before);
  const Bound first("127.0.0.1:0");
  const Bound second(first.name);
  CHECK_EQ(second.error, EADDRINUSE);
  CHECK_EQ(std::string(second.call), "bind");
  const Bound nowhere("/nonexistent/a.sock");
  CHECK_EQ(nowhere.error, ENOENT);
  const Bound nobody("198.51.100.1:0");
  CHECK_EQ(nobody.error, EADDRNOTAVAIL);
  const Bound wrong_port("127.0.0.1:http");
  CHECK_EQ(std::string(wrong_port.call), "getaddrinfo");
  const Bound none("fd://999");
  CHECK_EQ(none.error, EBADF);
  const Directory folder;
  const int file = open((folder / "").c_str(), O_RDONLY | O_CLOEXEC);
  const BoundSocket no_socket = bind_listener("fd://" + std::to_string(file), {});
  CHECK_EQ(no_socket.error, ENOTSOCK);
  close(file);
  const int after = dup(0);
  close(after);
  CHECK_EQ(after, before + 1);  // the first one
}

CASE("fd://N adopts a socket that somebody else has bound") {
  const Directory folder;
  const std::string abstract = "@uwsgi-node-adopted-" + std::to_string(getpid());
  for (const std::string& address :
       {folder / "a.sock", abstract, std::string("127.0.0.1:0"), std::string("[::1]:0")}) {
    const Bound original(address);
    CHECK_EQ(original.error, 0);
    fcntl(original.fd, F_SETFD, 0);
    fcntl(original.fd, F_SETFL, 0);
    const BoundSocket adopted = bind_listener("fd://" + std::to_string(original.fd), {.backlog = 7});
    CHECK_EQ(adopted.error, 0);
    CHECK_EQ(adopted.fd, original.fd);
    CHECK_EQ(adopted.name, original.name);
    CHECK(adopted.family == original.family);
    CHECK(listens(adopted.fd) && is_private(adopted.fd));
    if (address.front() == '/') unlink(address.c_str());
  }
}

CASE("a listener on a port of 127.0.0.1 is found among the descriptors") {
  const Bound bound("127.0.0.1:0");
  const auto port = static_cast<uint16_t>(atoi(bound.name.substr(bound.name.find(':') + 1).c_str()));
  CHECK_EQ(find_listener(port), bound.fd);
  CHECK_EQ(find_listener(1), -1);
}

CASE("a peer's name is its address, or unix") {
  const Bound bound("127.0.0.1:0");
  sockaddr_in address{};
  socklen_t size = sizeof address;
  getsockname(bound.fd, reinterpret_cast<sockaddr*>(&address), &size);
  const int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  CHECK_EQ(connect(client, reinterpret_cast<sockaddr*>(&address), size), 0);
  CHECK_EQ(peer_name(client), bound.name);
  close(client);
  int pair[2];
  CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
  CHECK_EQ(peer_name(pair[0]), "unix");
  close(pair[0]);
  close(pair[1]);
  CHECK_EQ(peer_name(-1), "unix");
}

CASE("the peer of a unix socket is known by its process and user") {
  const Directory folder;
  const std::string path = folder / "peer.sock";
  const Bound bound(path);
  const int client = connect_unix(path);
  const int served = accept(bound.fd, nullptr, nullptr);
  for (const int fd : {client, served}) {
    const Peer peer = peer_of(fd);
    CHECK_EQ(peer.error, 0);
    CHECK_EQ(peer.pid, getpid());
    CHECK_EQ(peer.uid, geteuid());
  }
  close(client);
  close(served);
  unlink(path.c_str());
  CHECK(peer_of(-1).error == EBADF);
}

}  // namespace
}  // namespace uwsgi_node::test
