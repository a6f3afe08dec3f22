// Where kept connections change hands: a pair of sockets that the master holds and every worker inherits. An
// engine that ends puts its idle connections into one end, and an engine that idles takes them out of the
// other, as it would accept a connection. What a peer sends meanwhile waits in the connection: nothing is
// lost.
#pragma once

#include "native/core/protocol/vars.h"

namespace uwsgi_node {

struct Handed {
  int fd = -1;  // -1: see errno
  Protocol protocol = Protocol::kUwsgi;
  bool unix_socket = false;
};

// Makes the pair: to put into, to take from. False with errno.
bool make_exchange(int* give, int* take);

// Puts a connection into the exchange; the descriptor stays open here. False when the exchange is full or
// there is none.
bool hand_over(int give, const Handed& connection);

// Takes one out.
Handed take_over(int take);

}  // namespace uwsgi_node
