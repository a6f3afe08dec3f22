// The floor: the cheapest server we can write that takes one uwsgi packet per connection, or FastCGI requests
// one after the other, and answers a constant. It does per request what no server can do without (accept,
// read, look for the packet's end, send, close) and nothing more; what a real server costs above it is its
// own doing. At the other end is the load generator, or nginx.
//
// Every process runs one epoll loop on the shared listener: accept, run, accept again until nothing waits.
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "bench/load/address.h"

namespace uwsgi_node::bench {
namespace {

#define HELLO "<h1 style='color:blue'>Hello There!</h1>"
constexpr std::string_view kHello =
    "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 40\r\n\r\n" HELLO;
static_assert(sizeof HELLO - 1 == 40);
constexpr std::string_view kError =
    "HTTP/1.1 500 Internal Server Error\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nerror";

#define HELLO_CGI "Status: 200 OK\r\nContent-Type: text/html\r\nContent-Length: 40\r\n\r\n"
// In records of FastCGI: FCGI_STDOUT, its end, FCGI_END_REQUEST. The character is the first one's length.
constexpr char kFastcgiText[] = "\1\6\0\1\0\x67\0\0" HELLO_CGI HELLO
                                "\1\6\0\1\0\0\0\0"
                                "\1\3\0\1\0\x08\0\0"
                                "\0\0\0\0\0\0\0\0";
static_assert(sizeof HELLO_CGI HELLO - 1 == 0x67);
constexpr std::string_view kFastcgiHello{kFastcgiText, sizeof kFastcgiText - 1};
#undef HELLO_CGI
#undef HELLO

constexpr size_t kHeaderSize = 4;
constexpr size_t kMaxPacket = kHeaderSize + 65535;
constexpr size_t kRecordHeaderSize = 8;
constexpr uint8_t kStdin = 5;
// Where FCGI_BEGIN_REQUEST has its flags.
constexpr size_t kFlagsAt = 10;
constexpr uint32_t kListener = UINT32_MAX;

struct Options {
  std::string socket;
  int processes = 1;
  int backlog = 4096;
  // What is answered; all but hello are wrong on purpose, to prove that the load generator notices.
  std::string_view answer = kHello;
  bool reset = false;
  bool fastcgi = false;
};

[[noreturn]] void die(const char* what) {
  fprintf(stderr, "floor: %s: %s\n", what, strerror(errno));
  exit(1);
}

[[noreturn]] void refuse(const char* name, const char* reason) {
  fprintf(stderr,
          "floor: %s: %s\n"
          "floor --socket PATH|HOST:PORT [--protocol uwsgi|fastcgi] [--processes N] [--backlog N]\n"
          "      [--answer hello|truncated|error|reset]\n",
          name, reason);
  exit(2);
}

Options parse_options(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; i += 2) {
    const std::string_view name = argv[i];
    if (i + 1 == argc) refuse(argv[i], "needs a value");
    const std::string_view value = argv[i + 1];
    if (name == "--socket") {
      options.socket = value;
    } else if (name == "--processes" || name == "--backlog") {
      const int number = atoi(argv[i + 1]);
      if (number < 1) refuse(argv[i], "must be at least 1");
      (name == "--processes" ? options.processes : options.backlog) = number;
    } else if (name == "--protocol" && value == "fastcgi") {
      options.fastcgi = true;
      options.answer = kFastcgiHello;
    } else if (name == "--protocol" && value == "uwsgi") {
      continue;
    } else if (name == "--answer" && value == "truncated") {
      options.answer = kHello.substr(0, kHello.size() - 7);
    } else if (name == "--answer" && value == "error") {
      options.answer = kError;
    } else if (name == "--answer" && value == "reset") {
      options.reset = true;
    } else if (name != "--answer" || value != "hello") {
      refuse(argv[i], "is not known");
    }
  }
  if (options.socket.empty()) refuse("--socket", "is missing");
  return options;
}

int listen_on(const Options& options) {
  const Address address = parse_address(options.socket);
  const int fd = socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK, 0);
  if (fd < 0) die("socket");
  const int on = 1;
  if (address.is_unix()) {
    unlink(options.socket.c_str());
  } else {
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  }
  if (bind(fd, address.get(), address.length) != 0) die("bind");
  if (listen(fd, options.backlog) != 0) die("listen");
  return fd;
}

bool is_whole_packet(const uint8_t* bytes, size_t size) {
  return size >= kHeaderSize && size >= kHeaderSize + static_cast<size_t>(bytes[1] | bytes[2] << 8);
}

// Looks for the end of stdin.
bool is_whole_request(const uint8_t* bytes, size_t size) {
  for (size_t at = 0; at + kRecordHeaderSize <= size;) {
    const auto content = static_cast<size_t>(bytes[at + 4] << 8 | bytes[at + 5]);
    if (bytes[at + 1] == kStdin && content == 0) return true;
    at += kRecordHeaderSize + content + bytes[at + 6];
  }
  return false;
}

class Floor {
 public:
  Floor(const Options& options, int listener)
      : options_(options), listener_(listener), epoll_fd_(epoll_create1(0)), buffer_(kMaxPacket) {
    if (epoll_fd_ < 0) die("epoll_create1");
    epoll_event event{};
    event.events = EPOLLIN | EPOLLEXCLUSIVE;
    event.data.u32 = kListener;
    if (epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, listener_, &event) != 0) die("epoll_ctl");
  }

  [[noreturn]] void run() {
    epoll_event events[64];
    for (;;) {
      const int count = epoll_wait(epoll_fd_, events, std::size(events), -1);
      for (int i = 0; i < count; i++) {
        if (events[i].data.u32 == kListener) {
          accept_all();
        } else {
          read_more(static_cast<int>(events[i].data.u32));
        }
      }
    }
  }

 private:
  void accept_all() {
    for (;;) {
      const int fd = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK);
      if (fd < 0) {
        if (errno == ECONNABORTED || errno == EINTR) continue;
        if (errno == EAGAIN) return;
        die("accept4");
      }
      const ssize_t count = recv(fd, buffer_.data(), buffer_.size(), 0);
      if (count > 0 && is_whole(buffer_.data(), static_cast<size_t>(count))) {
        if (answer(fd, buffer_.data())) watch(fd);
      } else if (count > 0 || (count < 0 && errno == EAGAIN)) {
        keep(fd, count > 0 ? static_cast<size_t>(count) : 0);
      } else {
        close(fd);
      }
    }
  }

  bool is_whole(const uint8_t* bytes, size_t size) const {
    return options_.fastcgi ? is_whole_request(bytes, size) : is_whole_packet(bytes, size);
  }

  // A packet that is not complete yet: the rare case, so it may allocate.
  void keep(int fd, size_t size) {
    partial_[fd].assign(buffer_.begin(), buffer_.begin() + static_cast<ptrdiff_t>(size));
    watch(fd);
  }

  void watch(int fd) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u32 = static_cast<uint32_t>(fd);
    if (epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, fd, &event) != 0) die("epoll_ctl");
  }

  // The rest of a packet, or the next request of a kept connection.
  void read_more(int fd) {
    const ssize_t count = recv(fd, buffer_.data(), buffer_.size(), 0);
    if (count < 0 && errno == EAGAIN) return;
    if (count <= 0) {
      partial_.erase(fd);
      close(fd);
      return;
    }
    const auto size = static_cast<size_t>(count);
    if (partial_.empty() && is_whole(buffer_.data(), size)) {
      answer(fd, buffer_.data());
      return;
    }
    std::vector<uint8_t>& partial = partial_[fd];
    partial.insert(partial.end(), buffer_.begin(), buffer_.begin() + count);
    if (!is_whole(partial.data(), partial.size())) return;
    answer(fd, partial.data());
    partial_.erase(fd);
  }

  // Returns whether the connection stays open.
  bool answer(int fd, const uint8_t* request) {
    if (options_.reset) {
      const linger hard{1, 0};
      setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    } else {
      // Always fits into the send buffer of a connection that has been read from.
      send(fd, options_.answer.data(), options_.answer.size(), MSG_NOSIGNAL);
    }
    if (options_.fastcgi && !options_.reset && (request[kFlagsAt] & 1) != 0) return true;
    close(fd);
    return false;
  }

  const Options& options_;
  const int listener_;
  const int epoll_fd_;
  std::vector<uint8_t> buffer_;
  std::unordered_map<int, std::vector<uint8_t>> partial_;
};

std::string bound_name(const Options& options, int listener) {
  sockaddr_in name{};
  socklen_t length = sizeof name;
  if (getsockname(listener, reinterpret_cast<sockaddr*>(&name), &length) != 0) die("getsockname");
  return name.sin_family == AF_INET ? std::to_string(ntohs(name.sin_port)) : options.socket;
}

}  // namespace
}  // namespace uwsgi_node::bench

int main(int argc, char** argv) {
  using namespace uwsgi_node::bench;
  const Options options = parse_options(argc, argv);
  const int listener = listen_on(options);
  for (int i = 1; i < options.processes; i++) {
    const pid_t pid = fork();
    if (pid < 0) die("fork");
    if (pid > 0) continue;
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    Floor(options, listener).run();
  }
  // The line that those who start this program wait for: the port that was bound, or the path.
  printf("ready %s\n", bound_name(options, listener).c_str());
  fflush(stdout);
  Floor(options, listener).run();
}
