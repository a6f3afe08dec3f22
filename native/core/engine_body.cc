// Request bodies that are read while the application runs, and connections that became pipes.
#include <errno.h>
#include <poll.h>
#include <string.h>

#include <algorithm>

#include "native/core/engine.h"
#include "native/core/receive.h"

namespace uwsgi_node {

void Engine::want_body(Connection& connection) {
  if (connection.state != ConnectionState::kRunning) return;
  connection.wants_body = true;
  await_application(connection);
  // What came with the packet is already here and will never make the socket readable.
  if (connection.begin < connection.end || connection.body_left() == 0) wake();
}

void Engine::upgrade(Connection& connection) {
  if (connection.state != ConnectionState::kRunning) return;
  connection.upgraded = true;
  connection.content_length = UINT64_MAX;
  connection.body_taken = 0;
  connection.deadline.cancel();
  publish_deadline();
  ++upgraded_;
  if (!accepting_) update_accepting();
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
    const ssize_t result = read_some(connection.fd, into, size);
    if (result > 0) {
      *got = static_cast<size_t>(result);
      connection.body_taken += *got;
      rearm(connection);
      return ReadResult::kData;
    }
    pollfd waiting{.fd = connection.fd, .events = POLLIN};
    const bool ended = result == 0 || !would_block(errno);
    if (!ended && poll(&waiting, 1, static_cast<int>(settings_.read_timeout_ms)) != 0) continue;
    host_.on_read_error();
    rearm(connection);
    return ended ? ReadResult::kGone : ReadResult::kTimeout;
  }
}

void Engine::deliver_body(Connection& connection) {
  Bytes chunk = connection.buffered();
  connection.begin = connection.end = 0;
  if (chunk.empty() && connection.body_left() > 0) {
    const size_t size = static_cast<size_t>(std::min<uint64_t>(kReceiveSize, connection.body_left()));
    const ssize_t got = read_some(connection.fd, receive_.get(), size);
    if (got < 0 && would_block(errno)) return;
    if (got < 0 || (got == 0 && !connection.upgraded)) {
      host_.on_read_error();
      return gone(connection);
    }
    // The end of a pipe is the end of what the peer has to say; it may still listen.
    if (got == 0) connection.content_length = connection.body_taken;
    chunk = {receive_.get(), static_cast<size_t>(got)};
  }
  connection.body_taken += chunk.size();
  connection.wants_body = false;
  const uint32_t generation = connection.generation;
  {
    const Turn turn(*this, connection);
    host_.on_data(connection, chunk);
  }
  if (connection.state == ConnectionState::kRunning && connection.generation == generation)
    await_application(connection);
}

}  // namespace uwsgi_node
