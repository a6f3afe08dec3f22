#include "native/core/exchange.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

namespace uwsgi_node {
namespace {

// An engine that ends waits so long for room: others take out what it has put in.
constexpr int kPatienceMs = 100;

// Workers of another version may be at the other end while a new one takes the server over: whoever changes
// anything here counts up.
constexpr uint32_t kNoteVersion = 1;

struct Note {
  uint32_t version;
  uint32_t load;
  uint64_t at_ns;
  uint64_t from;
  uint8_t protocol;
  uint8_t unix_socket;
  uint8_t unused[6];
};
static_assert(sizeof(Note) == 32);

union Control {
  cmsghdr align;
  char bytes[CMSG_SPACE(sizeof(int))];
};

bool is_ours(ssize_t size, const Note& note) { return size == sizeof note && note.version == kNoteVersion; }

// The descriptor of a message, -1 where it has none.
int descriptor_in(msghdr* message) {
  const cmsghdr* const rights = CMSG_FIRSTHDR(message);
  if (rights == nullptr || rights->cmsg_level != SOL_SOCKET || rights->cmsg_type != SCM_RIGHTS) return -1;
  int fd;
  memcpy(&fd, CMSG_DATA(rights), sizeof fd);
  return fd;
}

// The kernel closes a descriptor for which there is no room, and the message is gone: it is asked before.
bool has_free_descriptor(int any) {
  const int free = fcntl(any, F_DUPFD_CLOEXEC, 0);
  return free >= 0 && close(free) == 0;
}

}  // namespace

bool make_exchange(int* give, int* take) {
  // Sequenced packets: a message is one connection, whoever reads it.
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) != 0) return false;
  *give = pair[0];
  *take = pair[1];
  return true;
}

bool hand_over(int give, const Handed& connection, bool patient) {
  const Offer& offer = connection.offer;
  Note note{.version = kNoteVersion,
            .load = offer.load,
            .at_ns = offer.at_ns,
            .from = offer.from,
            .protocol = static_cast<uint8_t>(connection.protocol),
            .unix_socket = connection.unix_socket};
  iovec part{&note, sizeof note};
  Control control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.bytes;
  message.msg_controllen = sizeof control.bytes;
  cmsghdr* const rights = CMSG_FIRSTHDR(&message);
  rights->cmsg_level = SOL_SOCKET;
  rights->cmsg_type = SCM_RIGHTS;
  rights->cmsg_len = CMSG_LEN(sizeof(int));
  memcpy(CMSG_DATA(rights), &connection.fd, sizeof connection.fd);
  for (;;) {
    if (sendmsg(give, &message, MSG_NOSIGNAL) == sizeof note) return true;
    pollfd room{.fd = give, .events = POLLOUT};
    if (errno == EINTR) continue;
    if (errno != EAGAIN || !patient || poll(&room, 1, kPatienceMs) <= 0) return false;
  }
}

bool look_at_offer(int take, Offer* offer) {
  Note note{};
  const ssize_t size = recv(take, &note, sizeof note, MSG_PEEK | MSG_TRUNC);
  if (size < 0) return false;
  errno = EPROTO;
  if (!is_ours(size, note)) return false;
  *offer = {note.load, note.at_ns, note.from};
  return true;
}

Handed take_over(int take) {
  if (!has_free_descriptor(take)) return {};
  Note note{};
  iovec part{&note, sizeof note};
  Control control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.bytes;
  message.msg_controllen = sizeof control.bytes;
  const ssize_t size = recvmsg(take, &message, MSG_CMSG_CLOEXEC | MSG_TRUNC);
  if (size < 0) return {};
  const int fd = descriptor_in(&message);
  if (fd < 0) {
    // Another thread was faster to the last free one: as good as a failed accept.
    errno = EMFILE;
    return {};
  }
  if (!is_ours(size, note)) {
    close(fd);
    errno = EPROTO;
    return {};
  }
  const Offer offer{note.load, note.at_ns, note.from};
  return {fd, static_cast<Protocol>(note.protocol), note.unix_socket != 0, offer};
}

}  // namespace uwsgi_node
