// Harakiri: the application has only so much time for a request.
//
// A request that merely waits (for a database, a timer) is ended here, alone. A thread whose loop does not
// turn cannot do that: for its worker's control thread the engine says all the time by when it would have.
// The time in which a peer is waited for, to send its body or to read its response, has deadlines of its own
// and does not count; every piece that is sent or read begins it anew. Nothing of this happens where the
// option is off.
#include <algorithm>
#include <utility>

#include "native/core/clock.h"
#include "native/core/engine.h"
#include "native/core/rejections.h"

namespace uwsgi_node {
namespace {

// A loop that turns ends a request by its next tick. One that is late by so much does not turn.
constexpr uint64_t kLateMs = 1000;

}  // namespace

Engine::Turn::Turn(Engine& engine, Connection& connection) : engine_(engine) {
  engine.running_ = &connection;
  engine.rearm(connection);
}

Engine::Turn::~Turn() {
  // A thread that is being terminated: whose request it was is for abandon() to know.
  if (!engine_.host_.alive()) return;
  engine_.running_ = nullptr;
  engine_.publish_deadline();
}

// Its time begins, or begins anew.
void Engine::rearm(Connection& connection) {
  if (settings_.harakiri_ms == 0) return;
  connection.armed_ms = turn_ms_ = coarse_ns() / 1'000'000;
  if (connection.deadline.waits()) harakiri_.start(connection.deadline, connection.armed_ms);
  publish_deadline();
}

// The application has it, and has given way to others.
void Engine::watch(Connection& connection, bool waits_for_peer) {
  if (settings_.harakiri_ms == 0) return;
  if (waits_for_peer || connection.upgraded) {
    connection.deadline.cancel();
    connection.armed_ms = 0;
  } else if (!connection.deadline.waits()) {
    if (connection.armed_ms == 0) connection.armed_ms = coarse_ns() / 1'000'000;
    harakiri_.start_since(connection.deadline, connection.armed_ms);
  }
  publish_deadline();
}

void Engine::expire_due(uint64_t now_ms) {
  if (harakiri_.empty()) return;
  rests_until_ms_ = host_.harakiri_rests() ? now_ms + kLateMs : 0;
  while (DeadlineNode* due = host_.alive() && rests_until_ms_ == 0 ? harakiri_.take_due(now_ms) : nullptr) {
    expire(static_cast<RequestDeadline&>(*due).connection);
  }
  publish_deadline();
}

// The peer first: what the application does when it hears of this may take its time.
void Engine::expire(Connection& connection) {
  const std::unique_ptr<RequestNote> note = std::move(connection.note);
  if (connection.response_begun) {
    abort(connection);
  } else {
    const std::string_view timeout = response_to(Rejection::kHarakiri);
    respond(connection, {reinterpret_cast<const uint8_t*>(timeout.data()), timeout.size()}, {});
  }
  host_.on_expired(connection, note == nullptr ? std::string_view() : note->text());
}

// Where it is known which request the thread was stuck in, the others are not to blame, however old they are.
Rejection Engine::why_unanswered(const Connection& connection, uint64_t now_ms) const {
  if (settings_.harakiri_ms == 0 || connection.state != ConnectionState::kRunning) return Rejection::kStopped;
  const bool stuck = running_ != nullptr && turn_ms_ + settings_.harakiri_ms <= now_ms;
  const bool late = connection.deadline.waits() && connection.deadline.due_ms <= now_ms;
  return (stuck ? running_ == &connection : late) ? Rejection::kHarakiri : Rejection::kStopped;
}

void Engine::publish_deadline() {
  if (settings_.harakiri_ms == 0) return;
  // As long as one request has time left, the thread cannot be called stuck for the sake of another.
  uint64_t at = harakiri_.empty() ? 0 : std::max(harakiri_.last_due_ms() + kLateMs, rests_until_ms_);
  if (running_ != nullptr) at = std::max(at, turn_ms_ + settings_.harakiri_ms);
  if (at == published_ms_) return;
  published_ms_ = at;
  host_.on_deadline(at);
}

}  // namespace uwsgi_node
