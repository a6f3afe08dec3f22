#include "native/core/exchange.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

namespace uwsgi_node {
namespace {

// An engine that ends waits so long for room: others take out what it has put in.
constexpr int kPatienceMs = 100;

struct Note {
  Offer offer;
  uint8_t protocol;
  uint8_t unix_socket;
};

union Control {
  cmsghdr align;
  char bytes[CMSG_SPACE(sizeof(int))];
};

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
  Note note{connection.offer, static_cast<uint8_t>(connection.protocol), connection.unix_socket};
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
  if (recv(take, &note, sizeof note, MSG_PEEK) != sizeof note) return false;
  *offer = note.offer;
  return true;
}

Handed take_over(int take) {
  Note note{};
  iovec part{&note, sizeof note};
  Control control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.bytes;
  message.msg_controllen = sizeof control.bytes;
  const ssize_t got = recvmsg(take, &message, MSG_CMSG_CLOEXEC);
  if (got < 0) return {};
  const cmsghdr* const rights = CMSG_FIRSTHDR(&message);
  if (got != sizeof note || rights == nullptr || rights->cmsg_type != SCM_RIGHTS) {
    // No room for the descriptor, which the kernel has closed: as good as a failed accept.
    errno = EMFILE;
    return {};
  }
  Handed handed{-1, static_cast<Protocol>(note.protocol), note.unix_socket != 0, note.offer};
  memcpy(&handed.fd, CMSG_DATA(rights), sizeof handed.fd);
  return handed;
}

}  // namespace uwsgi_node
