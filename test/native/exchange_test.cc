// The exchange of kept connections: what is put in comes out, with what was said about it.
#include "native/core/exchange.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "test/native/check.h"

namespace uwsgi_node::test {
namespace {

struct Pair {
  Pair() {
    CHECK(make_exchange(&give, &take));
    CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
  }
  ~Pair() {
    for (const int fd : {give, take, ends[0], ends[1]}) close(fd);
  }
  int give = -1;
  int take = -1;
  int ends[2] = {-1, -1};
};

CASE("hands a connection over, with what its peer has sent") {
  const Pair pair;
  CHECK_EQ(write(pair.ends[1], "x", 1), 1);
  CHECK(hand_over(pair.give, {pair.ends[0], Protocol::kFastcgi, true, {7, 42}}, true));
  const Handed handed = take_over(pair.take);
  CHECK(handed.fd >= 0 && handed.fd != pair.ends[0]);
  CHECK(handed.protocol == Protocol::kFastcgi);
  CHECK(handed.unix_socket);
  CHECK_EQ(handed.offer.load, 7u);
  CHECK_EQ(handed.offer.at_ns, 42u);
  char byte = 0;
  CHECK_EQ(read(handed.fd, &byte, 1), 1);
  CHECK_EQ(byte, 'x');
  close(handed.fd);
  CHECK_EQ(take_over(pair.take).fd, -1);
  CHECK_EQ(errno, EAGAIN);
}

CASE("shows an offer without taking it") {
  const Pair pair;
  Offer offer;
  CHECK(!look_at_offer(pair.take, &offer));
  CHECK(hand_over(pair.give, {pair.ends[0], Protocol::kFastcgi, false, {3, 9}}, false));
  for (int i = 0; i < 2; ++i) {
    CHECK(look_at_offer(pair.take, &offer));
    CHECK_EQ(offer.load, 3u);
    CHECK_EQ(offer.at_ns, 9u);
  }
  const Handed handed = take_over(pair.take);
  CHECK(handed.fd >= 0);
  close(handed.fd);
  CHECK(!look_at_offer(pair.take, &offer));
}

CASE("is for anyone where nothing else is said") {
  const Pair pair;
  Offer offer;
  CHECK(hand_over(pair.give, {pair.ends[0], Protocol::kFastcgi, false}, false));
  CHECK(look_at_offer(pair.take, &offer));
  CHECK_EQ(offer.load, UINT32_MAX);
}

CASE("says when there is no room") {
  const Pair pair;
  int given = 0;
  while (given < 100'000 && hand_over(pair.give, {pair.ends[0], Protocol::kFastcgi, false}, false)) ++given;
  CHECK(given >= 8 && given < 100'000);
  CHECK(!hand_over(pair.give, {pair.ends[0], Protocol::kFastcgi, false}, true));
  const Handed handed = take_over(pair.take);
  CHECK(handed.fd >= 0);
  close(handed.fd);
}

}  // namespace
}  // namespace uwsgi_node::test
