// How an engine ends: in order, or in the middle of everything.
#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "native/core/clock.h"
#include "native/core/engine.h"
#include "native/core/exchange.h"
#include "native/core/receive.h"
#include "native/core/rejections.h"

namespace uwsgi_node {
namespace {

bool has_asked(const Connection& connection) {
  uint8_t byte;
  return recv(connection.fd, &byte, sizeof byte, MSG_PEEK | MSG_DONTWAIT) > 0;
}

}  // namespace

void Engine::stop_accepting(bool hand_over) {
  if (stopped_) return;
  stopped_ = true;
  hands_over_ = hand_over;
  accepting_ = false;
  host_.listen_to_new(false);
  const uint64_t until = monotonic_ns() + 100 * kTurnNs;
  for (const Listener& listener : listeners_) {
    // What waits in the exchange is for those who go on, if there are any.
    if (listener.is_exchange && hand_over) continue;
    while (host_.alive() && monotonic_ns() < until && accept_one(listener)) {
    }
  }
  for (auto& connection : connections_) {
    if (connection->state == ConnectionState::kIdle) leave(*connection);
  }
}

// Between two requests. What has come by now is answered first: behind what has already been read nobody else
// could go on, and where nobody else is there a close would lose it.
void Engine::leave(Connection& connection) {
  const bool is_last = !hands_over_ || settings_.exchange < 0;
  if (!connection.following.empty() || (is_last && has_asked(connection))) return take_last(connection);
  let_go(connection);
}

// The next request is here, though the engine has been told to stop: from now on it counts as unfinished. It
// is read in a later turn: a peer that sends many ahead must not pile them up on the stack.
void Engine::take_last(Connection& connection) {
  if (connection.state == ConnectionState::kIdle) --idle_;
  if (connection.parked) --parked_;
  connection.parked = false;
  connection.state = ConnectionState::kReading;
  if (connection.following.empty()) return await_read(connection);
  disarm(connection);
  wake();
}

// The connection goes on in another engine, or ends here.
void Engine::let_go(Connection& connection) {
  if (hands_over_ && settings_.exchange >= 0 && connection.following.empty()) {
    // Before others have it: as long as it is open anywhere epoll would go on about it.
    disarm(connection);
    // Where nobody took one in time nobody is there: the others do not wait each for itself.
    waits_for_room_ =
        hand_over(settings_.exchange, {connection.fd, connection.protocol, connection.unix_peer},
                  waits_for_room_) &&
        waits_for_room_;
  }
  close(connection);
}

void Engine::abandon() {
  stopped_ = true;
  accepting_ = false;
  const uint64_t now = monotonic_ms();
  for (auto& slot : connections_) {
    Connection& connection = *slot;
    switch (connection.state) {
      case ConnectionState::kFree:
        continue;
      case ConnectionState::kIdle:
        let_go(connection);
        continue;
      case ConnectionState::kReading:
        // Nobody asked anything yet, unless it has come since the last look.
        if (connection.buffer == nullptr && read_some(connection.fd, receive_.get(), kReceiveSize) <= 0)
          break;
        [[fallthrough]];
      case ConnectionState::kRunning:
        if (connection.response_begun) {
          abort(connection);
          continue;
        }
        turn_away(connection, why_unanswered(connection, now));
        break;
      case ConnectionState::kFlushing:
        abort(connection);
        continue;
      case ConnectionState::kDraining:
        break;
    }
    close(connection);
  }
  running_ = nullptr;
  publish_deadline();
}

// There is no time to wait for this peer. What it has sent is read away, for a close with unread input is a
// reset.
void Engine::turn_away(Connection& connection, Rejection reason) {
  host_.on_unanswered(connection, reason);
  // A FastCGI peer understands an answer to a request only.
  if (connection.protocol == Protocol::kFastcgi && connection.input.id == 0) return;
  read_some(connection.fd, receive_.get(), kReceiveSize);
  const std::string_view unavailable = response_to(reason);
  send(connection, {reinterpret_cast<const uint8_t*>(unavailable.data()), unavailable.size()}, {}, true);
}

}  // namespace uwsgi_node
