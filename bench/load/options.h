// The command line of the load generator.
#pragma once

#include <cstdint>
#include <string>

#include "bench/load/address.h"

namespace uwsgi_node::bench {

enum class Protocol : uint8_t { kUwsgi, kFastcgi };

struct Options {
  Protocol protocol = Protocol::kUwsgi;
  bool keepalive = true;  // FastCGI: requests follow one another on a connection
  Address address;
  int connections = 64;  // over all threads
  int threads = 1;
  double duration = 0;     // seconds; 0: until `requests` are done
  uint64_t requests = 0;   // over all threads; 0: until `duration` is over
  double timeout = 30;     // seconds a request may take before it counts as an error
  std::string method;      // GET, or POST when there is a body
  std::string path = "/";  // may carry a query string
  double slow_share = 0;   // 0-1
  std::string slow_path = "/slow";
  uint32_t header_sets = 1;
  uint32_t extra_vars = 0;  // HTTP_* beside those of nginx and a browser
  uint64_t seed = 1;
  uint64_t body = 0;  // bytes
  int expect_status = 200;
  int64_t expect_bytes = -1;  // of the body; -1: any
};

// Ends the program with a message on a bad command line.
Options parse_options(int argc, char** argv);

}  // namespace uwsgi_node::bench
