#include "native/core/queue_depth.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>

namespace uwsgi_node {
namespace {

int tcp_depth(int fd) {
  tcp_info info{};
  socklen_t size = sizeof info;
  if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return -1;
  // Of a listener this is the length of its accept queue, and tcpi_sacked the most it may be.
  return static_cast<int>(info.tcpi_unacked);
}

// Asks for one socket by its inode; without a cookie the kernel does not insist on one.
bool ask(int netlink, uint32_t inode) {
  struct {
    nlmsghdr header;
    unix_diag_req request;
  } message{};
  message.header.nlmsg_len = sizeof message;
  message.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
  message.header.nlmsg_flags = NLM_F_REQUEST;
  message.request.sdiag_family = AF_UNIX;
  message.request.udiag_ino = inode;
  message.request.udiag_show = UDIAG_SHOW_RQLEN;
  memset(message.request.udiag_cookie, 0xff, sizeof message.request.udiag_cookie);
  return send(netlink, &message, sizeof message, 0) == static_cast<ssize_t>(sizeof message);
}

int answered(int netlink) {
  alignas(nlmsghdr) char buffer[1024];
  const ssize_t size = recv(netlink, buffer, sizeof buffer, 0);
  const auto* header = reinterpret_cast<const nlmsghdr*>(buffer);
  if (size < 0 || !NLMSG_OK(header, static_cast<size_t>(size)) || header->nlmsg_type != SOCK_DIAG_BY_FAMILY)
    return -1;
  const auto* about = static_cast<const unix_diag_msg*>(NLMSG_DATA(header));
  auto left = static_cast<int>(header->nlmsg_len - NLMSG_LENGTH(sizeof *about));
  for (auto* attribute = reinterpret_cast<const rtattr*>(about + 1); RTA_OK(attribute, left);
       attribute = RTA_NEXT(attribute, left)) {
    if (attribute->rta_type != UNIX_DIAG_RQLEN) continue;
    unix_diag_rqlen length{};
    memcpy(&length, RTA_DATA(attribute), sizeof length);
    return static_cast<int>(length.udiag_rqueue);
  }
  return -1;
}

int unix_depth(int fd) {
  struct stat about {};
  if (fstat(fd, &about) != 0) return -1;
  const int netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
  if (netlink < 0) return -1;
  const int depth = ask(netlink, static_cast<uint32_t>(about.st_ino)) ? answered(netlink) : -1;
  close(netlink);
  return depth;
}

}  // namespace

int queue_depth(int fd) {
  int listening = 0;
  socklen_t size = sizeof listening;
  if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) != 0 || listening == 0) return -1;
  int domain = 0;
  size = sizeof domain;
  getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size);
  return domain == AF_UNIX ? unix_depth(fd) : tcp_depth(fd);
}

}  // namespace uwsgi_node
