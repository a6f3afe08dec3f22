// One datagram to a unix socket: how a service manager is spoken to (sd_notify(3)). Node has no such sockets.
#pragma once

#include <string_view>

namespace uwsgi_node {

// Sends `text` to the socket at `path`, or to the abstract one at `@name`. Waits at most a second for a full
// receiver. Returns 0, or the errno of the call that failed.
int send_datagram(std::string_view address, std::string_view text);

}  // namespace uwsgi_node
