// The exchange of kept connections: what is put in comes out, with what was said about it.
#include "native/core/exchange.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <string_view>

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
  CHECK(hand_over(pair.give, {pair.ends[0], Protocol::kFastcgi, true, {7, 42, 99}}, true));
  const Handed handed = take_over(pair.take);
  CHECK(handed.fd >= 0 && handed.fd != pair.ends[0]);
  CHECK(handed.protocol == Protocol::kFastcgi);
  CHECK(handed.unix_socket);
  CHECK_EQ(handed.offer.load, 7u);
  CHECK_EQ(handed.offer.at_ns, 42u);
  CHECK_EQ(handed.offer.from, 99u);
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
  CHECK(hand_over(pair.give, {pair.ends[0], Protocol::kFastcgi, false, {3, 9, 27}}, false));
  for (int i = 0; i < 2; ++i) {
    CHECK(look_at_offer(pair.take, &offer));
    CHECK_EQ(offer.load, 3u);
    CHECK_EQ(offer.at_ns, 9u);
    CHECK_EQ(offer.from, 27u);
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
  CHECK_EQ(offer.from, 0u);
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

CASE("leaves a connection where it is while there is no descriptor for it") {
  const Pair pair;
  CHECK(hand_over(pair.give, {pair.ends[0], Protocol::kFastcgi, true}, false));
  rlimit before{};
  CHECK_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  const int lowest = fcntl(pair.take, F_DUPFD_CLOEXEC, 0);
  close(lowest);
  const rlimit none{static_cast<rlim_t>(lowest), before.rlim_max};
  CHECK_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
  const Handed refused = take_over(pair.take);
  const int why = errno;
  CHECK_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  CHECK_EQ(refused.fd, -1);
  CHECK_EQ(why, EMFILE);
  const Handed handed = take_over(pair.take);
  CHECK(handed.fd >= 0);
  close(handed.fd);
}

// As one of another version would put it in.
void put_foreign(int give, std::string_view note, int fd) {
  iovec part{const_cast<char*>(note.data()), note.size()};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof fd)] = {};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  cmsghdr* const rights = CMSG_FIRSTHDR(&message);
  rights->cmsg_level = SOL_SOCKET;
  rights->cmsg_type = SCM_RIGHTS;
  rights->cmsg_len = CMSG_LEN(sizeof fd);
  memcpy(CMSG_DATA(rights), &fd, sizeof fd);
  CHECK_EQ(sendmsg(give, &message, MSG_NOSIGNAL), static_cast<ssize_t>(note.size()));
}

CASE("closes what another version has put in") {
  // Shorter, as long, longer.
  for (const size_t size : {24u, 32u, 40u}) {
    Pair pair;
    put_foreign(pair.give, std::string(size, '\x7f'), pair.ends[0]);
    close(pair.ends[0]);
    pair.ends[0] = dup(pair.ends[1]);
    Offer offer;
    CHECK(!look_at_offer(pair.take, &offer));
    CHECK_EQ(errno, EPROTO);
    CHECK_EQ(take_over(pair.take).fd, -1);
    CHECK_EQ(errno, EPROTO);
    char byte;
    CHECK_EQ(recv(pair.ends[1], &byte, 1, MSG_DONTWAIT), 0);
    CHECK_EQ(take_over(pair.take).fd, -1);
    CHECK_EQ(errno, EAGAIN);
  }
}

}  // namespace
}  // namespace uwsgi_node::test
