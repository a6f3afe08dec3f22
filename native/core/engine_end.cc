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

// Between two requests: the connection goes on in another engine, or ends here.
void Engine::leave(Connection& connection) {
  // Behind what has already been read nobody else could go on.
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
        leave(connection);
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
  read_some(connection.fd, receive_.get(), kReceiveSize);
  const std::string_view unavailable = response_to(reason);
  send(connection, {reinterpret_cast<const uint8_t*>(unavailable.data()), unavailable.size()}, {}, true);
}

}  // namespace uwsgi_node
