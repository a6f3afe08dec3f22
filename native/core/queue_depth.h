// How many connections wait at a listening socket to be accepted.
#pragma once

namespace uwsgi_node {

// Of TCP the connections that are complete (under TCP_DEFER_ACCEPT: that have sent something), from TCP_INFO;
// of a unix socket, whose queue only the kernel's socket diagnostics tell, from those. -1 where it cannot be
// known: `fd` does not listen, or the kernel has no diagnostics of unix sockets (CONFIG_UNIX_DIAG).
int queue_depth(int fd);

}  // namespace uwsgi_node
