// Children that nobody in this process started: what dies above them leaves them to process 1 of the
// container, or to the nearest process that asked for them.
#pragma once

#include <sys/types.h>

namespace uwsgi_node {

// Whether orphans come to this process: it is process 1 of its pid namespace, or a subreaper (prctl(2)).
bool adopts_orphans();

// Collects `pid` if it is a child of this process that has ended. Returns whether it was.
bool reap(pid_t pid);

}  // namespace uwsgi_node
