// How a listening socket comes to its end without losing a connection: first it takes no new ones, then what
// waits in it is accepted, then it is shut down. close(2) alone resets what waits.
#pragma once

namespace uwsgi_node {

// Lets no new connection in, and leaves those that wait to be accepted. Holds for all processes that share
// the socket. connect(2) is refused from here on; over TCP, where the listener is one of a SO_REUSEPORT group
// or the kernel is older than 5.7, the SYN is dropped instead, and comes again a second later. Returns 0, or
// the errno of the call that failed.
int refuse_new(int listener);

// Refuses connections, over TCP too, resets those that still wait there, and frees the port for whoever binds
// it next. accept(2) fails with EINVAL or EAGAIN.
void shut_down(int listener);

}  // namespace uwsgi_node
