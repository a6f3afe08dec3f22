// Request bodies that are read while the application runs, and connections that became pipes.
#include <errno.h>
#include <poll.h>
#include <string.h>

#include <algorithm>

#include "native/core/engine.h"
#include "native/core/receive.h"

namespace uwsgi_node {
namespace {

// A peer that sends as fast as the application reads must not keep the thread from the others.
constexpr int kDeliveries = 8;

}  // namespace

void Engine::want_body(Connection& connection) {
  if (connection.state != ConnectionState::kRunning) return;
  connection.wants_body = true;
  await_application(connection);
  // What came with the packet is already here and will never make the socket readable.
  if (connection.body_is_here()) wake();
}

bool Engine::upgrade(Connection& connection) {
  if (connection.state != ConnectionState::kRunning || connection.protocol == Protocol::kFastcgi)
    return false;
  connection.upgraded = true;
  connection.content_length = UINT64_MAX;
  connection.body_taken = 0;
  connection.deadline.cancel();
  publish_deadline();
  ++upgraded_;
  if (!accepting_) update_accepting();
  return true;
}

ReadResult Engine::read_body(Connection& connection, uint8_t* into, size_t size, size_t* got) {
  *got = 0;
  if (connection.state != ConnectionState::kRunning) return ReadResult::kGone;
  size = static_cast<size_t>(std::min<uint64_t>(size, connection.body_left()));
  if (size == 0) return ReadResult::kEnd;
  if (connection.begin < connection.end) {
    *got = std::min(size, connection.end - connection.begin);
    memcpy(into, connection.buffer.get() + connection.begin, *got);
    connection.begin += *got;
    connection.body_taken += *got;
    rearm(connection);
    return ReadResult::kData;
  }
  // The time until its peer sends is not the application's.
  host_.on_deadline(published_ms_ = 0);
  for (;;) {
    const BodyRead read = read_body_bytes(connection, into, size, got);
    connection.body_taken += *got;
    if (read == BodyRead::kData || read == BodyRead::kEnd) {
      rearm(connection);
      return read == BodyRead::kData ? ReadResult::kData : ReadResult::kEnd;
    }
    pollfd waiting{.fd = connection.fd, .events = POLLIN};
    const bool ended = read == BodyRead::kGone;
    if (!ended && poll(&waiting, 1, static_cast<int>(settings_.read_timeout_ms)) != 0) continue;
    host_.on_read_error();
    rearm(connection);
    return ended ? ReadResult::kGone : ReadResult::kTimeout;
  }
}

// Whatever of the body there is to read. `size` is at least 1.
Engine::BodyRead Engine::read_body_bytes(Connection& connection, uint8_t* into, size_t size, size_t* got) {
  if (connection.protocol == Protocol::kFastcgi) return read_body_records(connection, into, size, got);
  const ssize_t result =
      read_some(connection.fd, into, static_cast<size_t>(std::min<uint64_t>(size, connection.body_left())));
  if (result < 0) return would_block(errno) ? BodyRead::kAgain : BodyRead::kGone;
  // The end of a pipe is the end of what the peer has to say; it may still listen.
  if (result == 0) return connection.upgraded ? BodyRead::kEnd : BodyRead::kGone;
  *got = static_cast<size_t>(result);
  return BodyRead::kData;
}

// The records go where their content is wanted, which is then moved to the front of them.
Engine::BodyRead Engine::read_body_records(Connection& connection, uint8_t* into, size_t size, size_t* got) {
  const fastcgi::Input& input = connection.input;
  while (*got == 0) {
    if (input.ended) {
      const bool is_short = input.has_length && connection.body_left() > 0;
      return is_short ? BodyRead::kGone : BodyRead::kEnd;
    }
    const ssize_t result = read_some(connection.fd, into, size);
    if (result < 0 && would_block(errno)) return BodyRead::kAgain;
    if (result <= 0) return BodyRead::kGone;
    const Taken taken = take_stdin(connection, {into, static_cast<size_t>(result)}, got);
    *got = static_cast<size_t>(std::min<uint64_t>(*got, connection.body_left()));
    const uint64_t body = connection.body_taken + *got;
    const bool too_large = !input.has_length && settings_.limit_post != 0 && body > settings_.limit_post;
    if (taken != Taken::kOk || too_large) {
      *got = 0;
      return BodyRead::kGone;
    }
    if (input.ended && !input.has_length) connection.content_length = body;
  }
  return BodyRead::kData;
}

// Whoever asks again at once is answered at once, while there is something: in the midst of an upload that is
// cheaper than the way through epoll and the thread's event loop.
void Engine::deliver_body(Connection& connection) {
  const uint32_t generation = connection.generation;
  for (int deliveries = 0; deliveries < kDeliveries; ++deliveries) {
    if (!deliver_chunk(connection)) return;
    if (connection.state != ConnectionState::kRunning || connection.generation != generation) return;
    if (!host_.alive() || !connection.wants_body) break;
  }
  await_application(connection);
}

// False when there was none, and nothing has changed, or the connection is gone.
bool Engine::deliver_chunk(Connection& connection) {
  Bytes chunk = connection.buffered();
  connection.begin = connection.end = 0;
  if (chunk.empty() && connection.body_left() > 0) {
    size_t got = 0;
    switch (read_body_bytes(connection, receive_.get(), kReceiveSize, &got)) {
      case BodyRead::kAgain:
        return false;
      case BodyRead::kGone:
        host_.on_read_error();
        gone(connection);
        return false;
      case BodyRead::kEnd:
        connection.content_length = connection.body_taken;
        break;
      case BodyRead::kData:
        break;
    }
    chunk = {receive_.get(), got};
  }
  connection.body_taken += chunk.size();
  connection.wants_body = false;
  const Turn turn(*this, connection);
  host_.on_data(connection, chunk);
  return true;
}

}  // namespace uwsgi_node
