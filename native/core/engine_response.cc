// The engine's second half: from the application's answer to the closed connection.
#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "native/core/cgi_response.h"
#include "native/core/clock.h"
#include "native/core/engine.h"
#include "native/core/receive.h"

namespace uwsgi_node {
namespace {

constexpr int kDrainReads = 16;

// net.core.wmem_default, and the most that every kernel grants (net.core.wmem_max); it doubles what it is
// given.
constexpr int kUsualBuffer = 212992;

// A unix socket says that it has room only once three quarters have been read. A fast reader is through with
// the last quarter of the usual buffer before this thread comes to write again. Another size than the usual
// one has been chosen by somebody. On TCP the kernel finds the size by itself.
void enlarge_send_buffer(int fd) {
  int size = 0;
  socklen_t length = sizeof size;
  if (getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, &length) != 0 || size != kUsualBuffer) return;
  setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &kUsualBuffer, sizeof kUsualBuffer);
}

}  // namespace

// Every byte of a response goes through here.
WriteResult Engine::send(Connection& connection, Segment first, Segment second, bool last) {
  const bool begins = !connection.response_begun;
  connection.response_begun = true;
  ResponseWriter& response = connection.response;
  const WriteResult result =
      connection.protocol == Protocol::kUwsgi
          ? response.write(connection.fd, first, second)
          : write_as_cgi(response, connection.fd, first, second, {connection.input.id, begins, last});
  if (result != WriteResult::kAgain || !connection.unix_peer || connection.was_full) return result;
  connection.was_full = true;
  // With other readers to wait for, this thread has something to do meanwhile, and more bytes on their way
  // are only more that the caches do not hold: 1 MB responses to 16 peers at once cost a quarter more.
  if (!writing_.empty()) return result;
  enlarge_send_buffer(connection.fd);
  return response.flush(connection.fd);
}

void Engine::respond(Connection& connection, Segment head, Segment body) {
  if (connection.state == ConnectionState::kFree || connection.state == ConnectionState::kIdle)
    return discard(head, body);
  connection.deadline.cancel();
  switch (send(connection, head, body, true)) {
    case WriteResult::kDone:
      return end_of_response(connection);
    case WriteResult::kAgain:
      connection.state = ConnectionState::kFlushing;
      connection.wants_body = false;
      return await_write(connection);
    case WriteResult::kDead:
      host_.on_write_error();
      return close(connection);
  }
}

int64_t Engine::send_file(Connection& connection, Segment head, int file, int64_t from, int64_t most) {
  struct stat about;
  int own = -1;
  off_t offset = 0;
  int64_t size = 0;
  if (connection.state == ConnectionState::kRunning && fstat(file, &about) == 0 && S_ISREG(about.st_mode)) {
    offset = from < 0 ? lseek(file, 0, SEEK_CUR) : from;
    const int64_t there = std::max<int64_t>(about.st_size - offset, 0);
    size = most < 0 ? there : most;
    // Files of procfs say that they are empty: only reading them tells.
    const bool tells_size = about.st_size > 0;
    // The application may close its descriptor as soon as this returns.
    if (offset >= 0 && size <= there && tells_size) own = fcntl(file, F_DUPFD_CLOEXEC, 0);
  }
  if (own < 0) {
    discard(head, {});
    return -1;
  }
  if (send(connection, head, {}, false) == WriteResult::kDead) {
    ::close(own);
    host_.on_write_error();
    close(connection);
    return size;
  }
  connection.response.keep_file(own, offset, static_cast<size_t>(size), connection.input.id);
  if (connection.response.flush(connection.fd) == WriteResult::kDead) {
    host_.on_write_error();
    abort(connection);
  } else {
    finish_sent(connection);
  }
  return size;
}

WriteResult Engine::write(Connection& connection, Segment first, Segment second, bool last) {
  if (connection.state != ConnectionState::kRunning) {
    discard(first, second);
    return WriteResult::kDead;
  }
  const bool waits = connection.response.pending();
  const WriteResult result = send(connection, first, second, last);
  if (result == WriteResult::kDead) {
    host_.on_write_error();
    close(connection);
  } else if (last) {
    finish_sent(connection);
    return result;
  }
  if (result != WriteResult::kDead) rearm(connection);
  // What is added to a queue that does not move must not put off the deadline of its reader.
  if (result == WriteResult::kAgain && !waits) await_application(connection);
  return result;
}

void Engine::finish(Connection& connection) {
  if (connection.state != ConnectionState::kRunning) return;
  if (connection.input.id != 0 && send(connection, {}, {}, true) == WriteResult::kDead)
    return close(connection);
  finish_sent(connection);
}

// Everything is with the kernel or with the writer.
void Engine::finish_sent(Connection& connection) {
  connection.deadline.cancel();
  connection.wants_body = false;
  if (!connection.response.pending()) return end_of_response(connection);
  connection.state = ConnectionState::kFlushing;
  await_write(connection);
}

// A close with unread input is a reset, which can destroy the response on its way to the peer (nginx: "recv()
// failed (104: Connection reset by peer)"). So an unread body is read away first, up to a bound.
//
// With FastCGI that is what comes up to the end of stdin, and then the connection may carry the next request.
void Engine::end_of_response(Connection& connection) {
  const fastcgi::Input& input = connection.input;
  if (input.ended && input.keep) return rest(connection);
  if (connection.body_left() == 0 && (input.id == 0 || input.ended)) return close(connection);
  connection.body_taken += connection.end - connection.begin;
  if (input.id != 0) connection.content_length = UINT64_MAX;
  if (!input.keep) shutdown(connection.fd, SHUT_WR);
  connection.state = ConnectionState::kDraining;
  connection.content_length =
      std::min(connection.content_length, connection.body_taken + settings_.drain_bytes);
  draining_.start(connection, monotonic_ms());
  update_tick();
  drain(connection);
}

void Engine::drain(Connection& connection) {
  for (int reads = 0; connection.body_left() > 0; ++reads) {
    // A peer that sends as fast as this thread reads must not keep it from the others.
    if (reads == kDrainReads) return arm(connection, EPOLLIN);
    const ssize_t got = read_some(connection.fd, receive_.get(), kReceiveSize);
    if (got < 0 && would_block(errno)) return arm(connection, EPOLLIN);
    if (got <= 0) break;
    if (connection.input.keep) {
      size_t ignored = 0;
      const MutableBytes records(receive_.get(), static_cast<size_t>(got));
      if (take_stdin(connection, records, &ignored) != Taken::kOk) break;
      if (connection.input.ended) return rest(connection);
    }
    connection.body_taken += std::min<uint64_t>(static_cast<uint64_t>(got), connection.body_left());
  }
  close(connection);
}

void Engine::abort(Connection& connection) {
  if (connection.state == ConnectionState::kFree || connection.state == ConnectionState::kIdle) return;
  // A reset on TCP. A unix socket has none: there the reader sees the end, and only a Content-Length tells it
  // that something is missing.
  const linger reset{.l_onoff = 1, .l_linger = 0};
  setsockopt(connection.fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  close(connection);
}

void Engine::gone(Connection& connection) {
  if (connection.state == ConnectionState::kRunning) host_.on_gone(connection);
  if (connection.state != ConnectionState::kFree) close(connection);
}

void Engine::flush(Connection& connection) {
  const size_t before = connection.response.pending_bytes();
  const WriteResult result = connection.response.flush(connection.fd);
  if (result == WriteResult::kDead) {
    host_.on_write_error();
    return gone(connection);
  }
  if (result == WriteResult::kAgain) {
    if (connection.response.pending_bytes() < before) writing_.start(connection, monotonic_ms());
    return;
  }
  if (connection.state == ConnectionState::kFlushing) return end_of_response(connection);
  const uint32_t generation = connection.generation;
  {
    const Turn turn(*this, connection);
    host_.on_writable(connection);
  }
  if (connection.state == ConnectionState::kRunning && connection.generation == generation)
    await_application(connection);
}

}  // namespace uwsgi_node
