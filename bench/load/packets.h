// The requests that the load generator sends, built before the first request.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bench/load/options.h"

namespace uwsgi_node::bench {

// One packet per header set: what nginx sends for a browser's request with its stock uwsgi_params (14 vars
// and the HTTP_* ones) or fastcgi_params (20). The first set is a browser's own; the others have 4 to 8 names
// drawn from a pool, no two sets the same.
std::vector<std::string> build_packets(const Options& options, const std::string& path);

// What follows the packet: the body, as the protocol has it.
std::string build_body(const Options& options);

}  // namespace uwsgi_node::bench
