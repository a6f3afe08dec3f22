// What the kernel grants a process: processors, descriptors.
#pragma once

#include <vector>

namespace uwsgi_node {

// Binds every thread of this process, and those it starts later, to these processors. Returns 0 or an errno.
int pin_process(const std::vector<int>& processors);

// Lets this process, and those it starts, have as many descriptors. Returns 0 or an errno: only root may have
// more than the hard limit.
int limit_open_files(unsigned long count);

}  // namespace uwsgi_node
