// Datagrams to a unix socket: how a service manager (sd_notify(3)) and syslog are spoken to. Node has no such
// sockets.
#pragma once

#include <string_view>

namespace uwsgi_node {

// Sends `text` to the socket at `path`, or to the abstract one at `@name`. Waits at most a second for a full
// receiver. Returns 0, or the errno of the call that failed.
int send_datagram(std::string_view address, std::string_view text);

// A non-blocking socket whose peer is the one at `path` or `@name`: each write(2) is a datagram. -1 and errno
// when nobody is there.
int connect_datagram(std::string_view address);

}  // namespace uwsgi_node
