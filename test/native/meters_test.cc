#include "native/core/meters.h"

#include "test/native/check.h"

namespace uwsgi_node::test {
namespace {

CASE("every microsecond has a bucket, in order, and none is wider than an eighth of what is in it") {
  size_t last = 0;
  uint64_t began = 0;
  for (uint64_t us = 0; us < 300'000; ++us) {
    const size_t bucket = LatencyHistogram::bucket_of(us);
    CHECK(bucket == last || bucket == last + 1);
    if (bucket != last) {
      CHECK((us - began) * 8 <= std::max<uint64_t>(began, 8));
      began = us;
    }
    last = bucket;
  }
}

CASE("the bounds that the reader knows") {
  CHECK(LatencyHistogram::bucket_of(0) == 0);
  CHECK(LatencyHistogram::bucket_of(7) == 7);
  CHECK(LatencyHistogram::bucket_of(8) == 8);
  CHECK(LatencyHistogram::bucket_of(15) == 15);
  CHECK(LatencyHistogram::bucket_of(16) == 16);
  CHECK(LatencyHistogram::bucket_of(17) == 16);
  CHECK(LatencyHistogram::bucket_of(18) == 17);
  CHECK(LatencyHistogram::bucket_of(1023) == 63);
  CHECK(LatencyHistogram::bucket_of(1024) == 64);
  CHECK(LatencyHistogram::bucket_of((1ULL << 28) - 1) == 207);
  CHECK(LatencyHistogram::bucket_of(UINT64_MAX) == 207);
}

CASE("a status that is none counts as no response") {
  Meters meters{};
  meters.count(2, 100);
  meters.count(9, 100);
  CHECK(meters.statuses[2].load() == 1);
  CHECK(meters.statuses[0].load() == 1);
  CHECK(meters.latency.at(LatencyHistogram::bucket_of(100)) == 2);
  meters.clear();
  CHECK(meters.latency.at(LatencyHistogram::bucket_of(100)) == 0);
}

}  // namespace
}  // namespace uwsgi_node::test
