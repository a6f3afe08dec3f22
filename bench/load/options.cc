#include "bench/load/options.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace uwsgi_node::bench {
namespace {

constexpr char kUsage[] =
    "uwsgi_load --socket PATH|HOST:PORT (--duration SECONDS | --requests N) [options]\n"
    "  --protocol NAME    uwsgi or fastcgi (uwsgi)\n"
    "  --keepalive on|off FastCGI: further requests on the same connection (on)\n"
    "  --connections N    requests in flight (64)\n"
    "  --threads N        threads that share the connections (1)\n"
    "  --path PATH        what to ask for (/)\n"
    "  --method NAME      GET, or POST when there is a body\n"
    "  --slow-share X     share of the requests that ask for the slow path, 0-1 (0)\n"
    "  --slow-path PATH   (/slow)\n"
    "  --header-sets N    different sets of HTTP_* names, drawn evenly (1)\n"
    "  --extra-vars N     HTTP_* vars beside those of nginx and a browser (0)\n"
    "  --seed N           of everything that is drawn (1)\n"
    "  --body BYTES       length of the request body (0)\n"
    "  --expect-status N  (200)\n"
    "  --expect-bytes N   length of the response body (whatever Content-Length says)\n"
    "  --timeout SECONDS  for one request (30)\n"
    "Prints one JSON object. Exit 0 even when requests failed: the object says so.\n";

[[noreturn]] void refuse(const char* name, const char* reason) {
  fprintf(stderr, "uwsgi_load: %s: %s\n%s", name, reason, kUsage);
  exit(2);
}

// Which of the two words it is: true for the second.
bool second_of(const char* name, const char* text, const char* first, const char* second) {
  if (strcmp(text, second) == 0) return true;
  if (strcmp(text, first) != 0) refuse(name, "has another value");
  return false;
}

double number(const char* name, const char* text, double least, double most) {
  char* end = nullptr;
  const double value = strtod(text, &end);
  if (end == text || *end != '\0') refuse(name, "is not a number");
  if (!(value >= least && value <= most)) refuse(name, "is out of range");
  return value;
}

void apply(Options& options, const char* name, const char* value) {
  const auto is = [name](const char* other) { return strcmp(name, other) == 0; };
  if (is("--socket"))
    options.address = parse_address(value);
  else if (is("--protocol"))
    options.protocol = second_of(name, value, "uwsgi", "fastcgi") ? Protocol::kFastcgi : Protocol::kUwsgi;
  else if (is("--keepalive"))
    options.keepalive = second_of(name, value, "off", "on");
  else if (is("--connections"))
    options.connections = static_cast<int>(number(name, value, 1, 20000));
  else if (is("--threads"))
    options.threads = static_cast<int>(number(name, value, 1, 256));
  else if (is("--duration"))
    options.duration = number(name, value, 0.001, 86400);
  else if (is("--requests"))
    options.requests = static_cast<uint64_t>(number(name, value, 1, 1e15));
  else if (is("--timeout"))
    options.timeout = number(name, value, 0.001, 86400);
  else if (is("--method"))
    options.method = value;
  else if (is("--path"))
    options.path = value;
  else if (is("--slow-share"))
    options.slow_share = number(name, value, 0, 1);
  else if (is("--slow-path"))
    options.slow_path = value;
  else if (is("--header-sets"))
    options.header_sets = static_cast<uint32_t>(number(name, value, 1, 100000));
  else if (is("--extra-vars"))
    options.extra_vars = static_cast<uint32_t>(number(name, value, 0, 1000));
  else if (is("--seed"))
    options.seed = static_cast<uint64_t>(number(name, value, 0, 1e15));
  else if (is("--body"))
    options.body = static_cast<uint64_t>(number(name, value, 0, 1e12));
  else if (is("--expect-status"))
    options.expect_status = static_cast<int>(number(name, value, 100, 999));
  else if (is("--expect-bytes"))
    options.expect_bytes = static_cast<int64_t>(number(name, value, 0, 1e15));
  else
    refuse(name, "is not an option");
}

}  // namespace

Options parse_options(int argc, char** argv) {
  Options options{};
  for (int i = 1; i < argc; i += 2) {
    if (i + 1 == argc) refuse(argv[i], "needs a value");
    apply(options, argv[i], argv[i + 1]);
  }
  if (options.address.length == 0) refuse("--socket", "is missing");
  if (options.duration == 0 && options.requests == 0) refuse("--duration", "give it or --requests");
  if (options.threads > options.connections) refuse("--threads", "more than --connections");
  if (options.protocol == Protocol::kUwsgi) options.keepalive = false;
  if (options.method.empty()) options.method = options.body == 0 ? "GET" : "POST";
  return options;
}

}  // namespace uwsgi_node::bench
