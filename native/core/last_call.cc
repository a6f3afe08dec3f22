#include "native/core/last_call.h"

#include <errno.h>
#include <linux/filter.h>
#include <stdint.h>
#include <sys/socket.h>

namespace uwsgi_node {
namespace {

// The number of an interface that no machine has: nothing comes in by it.
constexpr int kNowhere = 0x7fffffff;

// Bound to one interface a listener is not found for what comes in by another, so that connect(2) is refused;
// what has come in before, and a handshake that has begun, goes on. Any process may do so once (Linux 5.7).
int bind_to_nowhere(int listener) {
  return setsockopt(listener, SOL_SOCKET, SO_BINDTOIFINDEX, &kNowhere, sizeof kNowhere) == 0 ? 0 : errno;
}

// The flags of a TCP header, and the two of them that tell the first packet of a connection.
constexpr uint32_t kFlagsAt = 13;
constexpr uint32_t kSyn = 0x02;
constexpr uint32_t kAck = 0x10;

// A filter sees packets from the TCP header on. What drops only the SYNs lets the handshakes end that have
// begun, and under TCP_DEFER_ACCEPT those that wait for their first data.
int drop_syns(int listener) {
  sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_B | BPF_ABS, kFlagsAt),    BPF_STMT(BPF_ALU | BPF_AND | BPF_K, kSyn | kAck),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, kSyn, 0, 1), BPF_STMT(BPF_RET | BPF_K, 0),
      BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
  };
  const sock_fprog program{.len = sizeof code / sizeof *code, .filter = code};
  return setsockopt(listener, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) == 0 ? 0 : errno;
}

}  // namespace

int refuse_new(int listener) {
  int domain = 0;
  socklen_t size = sizeof domain;
  if (getsockopt(listener, SOL_SOCKET, SO_DOMAIN, &domain, &size) != 0) return errno;
  if (domain == AF_UNIX) return ::shutdown(listener, SHUT_RD) == 0 ? 0 : errno;
  // Both: under SO_REUSEPORT the kernel chooses from the group whichever interface its members are bound to.
  // The filter alone needs CAP_NET_ADMIN on some kernels, which neither a service nor a container has.
  const int dropping = drop_syns(listener);
  return bind_to_nowhere(listener) == 0 ? 0 : dropping;
}

void shut_down(int listener) { ::shutdown(listener, SHUT_RD); }

}  // namespace uwsgi_node
