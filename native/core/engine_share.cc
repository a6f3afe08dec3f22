// How kept connections spread over engines.
//
// A connection stays where it was accepted, so one thread may have those that a front server uses most while
// others idle. So a thread that finds several with requests offers one of them, unread, through the exchange.
// Whoever has less to do takes it at once. Where nobody has, the thread takes it back, and waits twice as
// long before it offers another: moving a connection costs about as much as a request, and the request in it
// has waited for nothing.
#include <errno.h>
#include <sys/epoll.h>

#include <algorithm>

#include "native/core/clock.h"
#include "native/core/engine.h"
#include "native/core/exchange.h"
#include "native/core/receive.h"

namespace uwsgi_node {
namespace {

constexpr uint64_t kLongestPauseNs = 1'000'000'000;
// How long an offer stands for those who have less to do; then whose it was takes it back, later anyone.
constexpr uint64_t kOfferNs = 10'000'000;
constexpr uint64_t kOfferToAllNs = 3 * kOfferNs;

}  // namespace

bool Engine::may_share(const Connection& connection) const {
  return settings_.shares && connection.state == ConnectionState::kIdle && !connection.parked &&
         connection.following.empty() && coarse_ns() >= share_at_ns_;
}

// False, and nothing has happened, where the exchange has no room.
bool Engine::share(Connection& connection) {
  const uint32_t armed = connection.armed;
  const uint64_t now = coarse_ns();
  // Before others have it: as long as it is open anywhere epoll would go on about it.
  disarm(connection);
  const Handed handed{connection.fd, connection.protocol, connection.unix_peer, {load_, now, name_}};
  if (!hand_over(settings_.exchange, handed, false)) {
    arm(connection, armed);
    share_at_ns_ = now + share_pause_ns_;
    return false;
  }
  // Somebody was glad of the one before.
  if (offer_is_out_) share_pause_ns_ = std::max(share_pause_ns_ / 2, kShortestPauseNs);
  offer_is_out_ = true;
  share_at_ns_ = now + share_pause_ns_;
  close(connection);
  return true;
}

// A moving average of the connections that had something to say at once, in sixteenths.
void Engine::note_load(int ready) { load_ = (load_ * 7 + static_cast<uint32_t>(ready) * 16) / 8; }

void Engine::note_taken_back() {
  offer_is_out_ = false;
  share_pause_ns_ = std::min(share_pause_ns_ * 2, kLongestPauseNs);
  share_at_ns_ = coarse_ns() + share_pause_ns_;
}

bool Engine::may_take_over(int exchange) {
  if (!settings_.shares || stopped_) return true;
  Offer offer;
  if (!look_at_offer(exchange, &offer)) return !would_block(errno);
  if (offer.load == UINT32_MAX) return true;
  const uint64_t now = coarse_ns();
  if (offer.from == name_) {
    if (now >= offer.at_ns + kOfferNs) return true;
    // It polls readable all the time, and this engine may have nothing else to do.
    host_.look_away(exchange, (offer.at_ns + kOfferNs - now) / 1'000'000 + 1);
    return false;
  }
  // Who idles has not looked for long.
  epoll_event ready[16];
  note_load(std::max(epoll_wait(epoll_fd_, ready, 16, 0), 0));
  return load_ * 4 < offer.load * 3 || now >= offer.at_ns + kOfferToAllNs;
}

// A connection that another engine has left, which waits for its next request or has brought one along.
bool Engine::take_over_one(int exchange) {
  if (!may_take_over(exchange)) return false;
  const Handed handed = take_over(exchange);
  if (handed.fd < 0) {
    if (errno == EINTR || errno == EPROTO) return true;
    if (!would_block(errno)) back_off(errno);
    return false;
  }
  if (handed.offer.from == name_) note_taken_back();
  accepted_.store(accepted_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  Connection& connection = open(handed.fd, {handed.fd, handed.unix_socket, handed.protocol});
  const ssize_t got = read_some(connection.fd, receive_.get(), kReceiveSize);
  take_first(connection, got, got < 0 && would_block(errno));
  if (busy() >= settings_.max_requests) update_accepting();
  return true;
}

}  // namespace uwsgi_node
