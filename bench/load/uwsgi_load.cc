// The load generator: speaks uwsgi or FastCGI to a server over a unix socket or TCP, checks every response,
// and prints what it saw as one JSON object. The threads share nothing but the packets; their counts are
// added at the end.
#include <sys/resource.h>

#include <cstdio>
#include <memory>
#include <thread>
#include <vector>

#include "bench/load/driver.h"
#include "bench/load/options.h"
#include "bench/load/packets.h"

namespace uwsgi_node::bench {
namespace {

struct Totals {
  Counts counts;
  Histogram fast;
  Histogram slow;
};

void add(Counts& sum, const Counts& part) {
  sum.ok += part.ok;
  sum.slow += part.slow;
  sum.connect_retries += part.connect_retries;
  sum.reconnects += part.reconnects;
  sum.bytes_received += part.bytes_received;
  sum.failed_connect += part.failed_connect;
  sum.failed_reset += part.failed_reset;
  sum.failed_timeout += part.failed_timeout;
  sum.failed_short += part.failed_short;
  sum.failed_status += part.failed_status;
  sum.failed_malformed += part.failed_malformed;
}

// The part of `total` that thread `index` of `threads` takes.
uint64_t share_of(uint64_t total, int index, int threads) {
  const auto n = static_cast<uint64_t>(threads);
  return total / n + (static_cast<uint64_t>(index) < total % n ? 1 : 0);
}

Totals run(const Options& options, const Packets& packets) {
  std::vector<std::unique_ptr<Driver>> drivers;
  for (int i = 0; i < options.threads; i++) {
    const auto connections = share_of(static_cast<uint64_t>(options.connections), i, options.threads);
    const uint64_t requests =
        options.requests == 0 ? UINT64_MAX : share_of(options.requests, i, options.threads);
    drivers.push_back(std::make_unique<Driver>(options, packets, i, static_cast<int>(connections), requests));
  }
  std::vector<std::thread> threads;
  for (size_t i = 1; i < drivers.size(); i++) threads.emplace_back([&drivers, i] { drivers[i]->run(); });
  drivers[0]->run();
  for (std::thread& thread : threads) thread.join();

  Totals totals;
  for (const auto& driver : drivers) {
    add(totals.counts, driver->counts());
    totals.fast.add(driver->fast());
    totals.slow.add(driver->slow());
  }
  return totals;
}

void print_latency(const char* name, const Histogram& histogram) {
  const auto us = [](uint64_t ns) { return static_cast<double>(ns) / 1000; };
  printf("\"%s\":{\"count\":%lu,\"p50\":%.1f,\"p90\":%.1f,\"p99\":%.1f,\"p999\":%.1f,\"max\":%.1f}", name,
         histogram.count(), us(histogram.quantile(0.5)), us(histogram.quantile(0.9)),
         us(histogram.quantile(0.99)), us(histogram.quantile(0.999)), us(histogram.max()));
}

double cpu_seconds() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

void print(const Totals& totals, double seconds, double cpu) {
  const Counts& counts = totals.counts;
  const uint64_t requests = counts.ok + counts.failed();
  printf("{\"requests\":%lu,\"ok\":%lu,\"slow_requests\":%lu,\"seconds\":%.4f,\"requests_per_second\":%.1f,",
         requests, counts.ok, counts.slow, seconds, static_cast<double>(requests) / seconds);
  printf("\"bytes_received\":%lu,\"cpu_seconds\":%.4f,\"connect_retries\":%lu,\"reconnects\":%lu,",
         counts.bytes_received, cpu, counts.connect_retries, counts.reconnects);
  printf(
      "\"errors\":{\"total\":%lu,\"connect\":%lu,\"reset\":%lu,\"timeout\":%lu,\"short\":%lu,\"status\":%lu,"
      "\"malformed\":%lu},",
      counts.failed(), counts.failed_connect, counts.failed_reset, counts.failed_timeout, counts.failed_short,
      counts.failed_status, counts.failed_malformed);
  printf("\"latency_us\":{");
  print_latency("fast", totals.fast);
  printf(",");
  print_latency("slow", totals.slow);
  printf("}}\n");
}

}  // namespace
}  // namespace uwsgi_node::bench

int main(int argc, char** argv) {
  using namespace uwsgi_node::bench;
  const Options options = parse_options(argc, argv);
  const Packets packets{
      build_packets(options, options.path),
      options.slow_share > 0 ? build_packets(options, options.slow_path) : std::vector<std::string>(),
      build_body(options)};
  const double cpu_before = cpu_seconds();
  const uint64_t started = now_ns();
  const Totals totals = run(options, packets);
  print(totals, static_cast<double>(now_ns() - started) / 1e9, cpu_seconds() - cpu_before);
  return 0;
}
