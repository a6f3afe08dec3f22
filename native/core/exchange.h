// Where kept connections change hands: a pair of sockets that the master holds and every worker inherits. An
// engine that ends puts its idle connections into one end, and an engine that idles takes them out of the
// other, as it would accept a connection. What a peer sends meanwhile waits in the connection: nothing is
// lost. An engine with more requests than it can begin gives some of them away in the same manner.
#pragma once

#include <cstdint>

#include "native/core/protocol/vars.h"

namespace uwsgi_node {

// For whom a connection is in the exchange.
struct Offer {
  uint32_t load = UINT32_MAX;  // for engines with less to do than this; the largest: for anyone
  uint64_t at_ns = 0;          // since when, CLOCK_MONOTONIC_COARSE
  uint64_t from = 0;           // the name of the engine that wants it back; 0: none does
};

struct Handed {
  int fd = -1;  // -1: see errno
  Protocol protocol = Protocol::kUwsgi;
  bool unix_socket = false;
  Offer offer{};
};

// Makes the pair: to put into, to take from. False with errno.
bool make_exchange(int* give, int* take);

// Puts a connection into the exchange; the descriptor stays open here. False when the exchange is full (a
// patient one waits a moment for room) or there is none.
bool hand_over(int give, const Handed& connection, bool patient);

// The next one's offer, which stays there. False with errno: EAGAIN when there is none, EPROTO when it is of
// another version of this server.
bool look_at_offer(int take, Offer* offer);

// Takes one out. EMFILE: it is still there, for there is no free descriptor. EPROTO: of another version of
// this server, and closed.
Handed take_over(int take);

}  // namespace uwsgi_node
