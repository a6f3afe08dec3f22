// The engine's first half: from an accepted connection to the call of the application.
#include <errno.h>
#include <poll.h>
#include <string.h>

#include <algorithm>
#include <utility>

#include "native/core/clock.h"
#include "native/core/engine.h"
#include "native/core/protocol/scgi.h"
#include "native/core/protocol/uwsgi.h"
#include "native/core/receive.h"
#include "native/core/rejections.h"

namespace uwsgi_node {
namespace {

constexpr int kPatienceMs = 1;
constexpr uint64_t kImpatienceMs = 100;

}  // namespace

void Engine::first_read(Connection& connection) {
  const ssize_t got = read_some(connection.fd, receive_.get(), kReceiveSize);
  const bool waits = got < 0 && would_block(errno);
  if (waits && connection.armed == 0) {
    if (comes_soon(connection)) return first_read(connection);
    // Accepted as the engine stopped: it has had no time to ask.
    if (stopped_) return await_read(connection);
  }
  take_first(connection, got, waits);
}

// What the first read of a packet into receive_ said; `waits`: that nothing has come yet.
void Engine::take_first(Connection& connection, ssize_t got, bool waits) {
  if (got > 0) {
    consider(connection, {receive_.get(), static_cast<size_t>(got)});
  } else if (waits) {
    if (connection.protocol == Protocol::kFastcgi) return rest(connection);
    await_read(connection);
  } else {
    close(connection);  // a health check: connected and left; or kept, and not needed any more
  }
}

// A unix peer is accepted the moment it connects, often some microseconds before it has written. Waiting for
// those here saves the way through epoll; above all the connection is then not left behind, already ours,
// while the next request keeps this thread busy. A peer that lets us wait in vain costs one millisecond of a
// hundred.
bool Engine::comes_soon(const Connection& connection) {
  const uint64_t now = monotonic_ms();
  if (now < impatient_until_ms_) return false;
  pollfd waiting{.fd = connection.fd, .events = POLLIN};
  if (poll(&waiting, 1, kPatienceMs) > 0) return true;
  impatient_until_ms_ = now + kImpatienceMs;
  return false;
}

void Engine::more(Connection& connection) {
  if (connection.buffer == nullptr) return first_read(connection);
  const ssize_t got = read_some(connection.fd, connection.buffer.get() + connection.end,
                                connection.capacity - connection.end);
  if (got > 0) {
    connection.end += static_cast<size_t>(got);
    consider(connection, connection.buffered());
  } else if (got == 0 || !would_block(errno)) {
    host_.on_read_error();
    host_.on_rejected(Rejection::kTruncated, connection.protocol, connection.fd, connection.end);
    close(connection);
  }
}

// Keeps an incomplete packet of which `total` bytes are wanted next, and waits for the rest.
void Engine::keep(Connection& connection, Bytes bytes, size_t total) {
  if (connection.capacity < total) {
    std::unique_ptr<uint8_t[]> larger(new uint8_t[total]);
    memcpy(larger.get(), bytes.data(), bytes.size());
    connection.buffer = std::move(larger);
    connection.capacity = total;
    connection.begin = 0;
    connection.end = bytes.size();
  }
  await_read(connection);
}

void Engine::consider(Connection& connection, MutableBytes bytes) {
  switch (connection.protocol) {
    case Protocol::kUwsgi:
      return consider_uwsgi(connection, bytes);
    case Protocol::kFastcgi:
      return consider_fastcgi(connection, bytes);
    case Protocol::kScgi:
      return consider_scgi(connection, bytes);
  }
}

void Engine::consider_uwsgi(Connection& connection, Bytes bytes) {
  const uwsgi::Header header = uwsgi::parse_header(bytes);
  if (header.status == ParseStatus::kInvalid) return reject(connection, header.reason);
  if (header.status == ParseStatus::kNeedMore && bytes.size() < uwsgi::kHeaderSize) {
    return keep(connection, bytes, uwsgi::kHeaderSize);
  }
  if (header.modifier1 == 100) return answer_ping(connection);
  if (header.modifier1 != 0 && header.modifier1 != 30)
    return reject(connection, Rejection::kModifier, header.modifier1);
  if (header.vars_size > settings_.buffer_size)
    return reject(connection, Rejection::kVarsTooLarge, header.vars_size);
  const size_t body_at = uwsgi::kHeaderSize + header.vars_size;
  if (bytes.size() < body_at) return keep(connection, bytes, body_at);

  const Bytes block = bytes.subspan(uwsgi::kHeaderSize, header.vars_size);
  std::optional<Vars> vars = layouts_.recall(uwsgi::kFormat, block, places_);
  if (!vars) vars = uwsgi::parse_vars(block, places_);
  if (vars->status == ParseStatus::kInvalid) return reject(connection, vars->reason);
  consider_packet(connection, bytes, body_at, {uwsgi::kFormat, block, *vars}, header.modifier1);
}

void Engine::consider_scgi(Connection& connection, Bytes bytes) {
  const scgi::Header header = scgi::parse_header(bytes);
  if (header.status == ParseStatus::kInvalid) return reject(connection, header.reason);
  if (header.status == ParseStatus::kNeedMore) return keep(connection, bytes, scgi::kMaxHeaderSize);
  const size_t most = std::min(settings_.buffer_size, kMaxVarsSize);
  if (header.vars_size > most) return reject(connection, Rejection::kVarsTooLarge, header.vars_size);
  const size_t body_at = header.size + header.vars_size + 1;
  if (bytes.size() < body_at) return keep(connection, bytes, std::max(body_at, scgi::kMaxHeaderSize));

  const Bytes block = bytes.subspan(header.size, header.vars_size);
  const uint8_t comma = bytes[body_at - 1];
  std::optional<Vars> vars;
  if (comma == ',') vars = layouts_.recall(scgi::kFormat, block, places_);
  if (!vars) vars = scgi::parse_vars(block, comma, places_);
  if (vars->status == ParseStatus::kInvalid) return reject(connection, vars->reason);
  consider_packet(connection, bytes, body_at, {scgi::kFormat, block, *vars}, 0);
}

// uwsgi and SCGI: the vars are complete, the body of known length follows them as it is.
void Engine::consider_packet(Connection& connection, Bytes bytes, size_t body_at, const ReadVars& read,
                             uint8_t modifier1) {
  const uint64_t length = read.vars.content_length;
  if (settings_.limit_post != 0 && length > settings_.limit_post) {
    return reject(connection, Rejection::kBodyTooLarge, length);
  }
  connection.content_length = length;
  const bool streams = length > settings_.post_buffering;
  const Bytes rest = bytes.subspan(body_at);
  if (!streams && rest.size() < length) return keep(connection, bytes, body_at + static_cast<size_t>(length));
  // Bytes beyond CONTENT_LENGTH belong to nobody: one packet per connection.
  const auto of_body = static_cast<size_t>(std::min<uint64_t>(rest.size(), length));
  run_application(connection, read, rest.first(of_body), streams, modifier1);
}

// modifier1 100: the health check of uWSGI's own tools; the answer is modifier1 100, modifier2 1.
void Engine::answer_ping(Connection& connection) {
  static constexpr uint8_t kPong[] = {100, 0, 0, 1};
  respond(connection, {kPong, sizeof kPong}, {});
}

void Engine::reject(Connection& connection, InvalidReason reason) {
  if (reason == InvalidReason::kHttp) return reject(connection, Rejection::kHttp, 0);
  if (reason == InvalidReason::kTls) return reject(connection, Rejection::kTls, 0);
  reject(connection, Rejection::kMalformed, static_cast<uint64_t>(reason));
}

void Engine::reject(Connection& connection, Rejection reason, uint64_t detail) {
  host_.on_rejected(reason, connection.protocol, connection.fd, detail);
  const std::string_view response = response_to(reason);
  // A FastCGI peer understands an answer to a request only.
  const bool nobody_asked = connection.protocol == Protocol::kFastcgi && connection.input.id == 0;
  if (response.empty() || (nobody_asked && reason != Rejection::kHttp)) return close(connection);
  if (reason == Rejection::kHttp) connection.protocol = Protocol::kUwsgi;  // which answers as HTTP does
  connection.input.keep = connection.input.ended = false;
  // The length of what the peer still sends is not known, or not believed: read away what it is.
  connection.content_length = UINT64_MAX;
  respond(connection, {reinterpret_cast<const uint8_t*>(response.data()), response.size()}, {});
}

void Engine::run_application(Connection& connection, const ReadVars& read, Bytes body, bool streams,
                             uint8_t modifier1) {
  const auto& [format, block, vars] = read;
  const bool needs_path = connection.protocol != Protocol::kUwsgi && vars.path_info == 0;
  run_application(connection, {block, vars.count, layouts_.match(format, block, places_, vars, names_), body,
                               streams, modifier1, needs_path, RequestNote::of(block, places_, vars)});
}

void Engine::run_application(Connection& connection, const Request& request) {
  connection.cancel();
  connection.state = ConnectionState::kRunning;
  std::unique_ptr<uint8_t[]> packet;
  if (request.streams) {
    // The head of a streamed body stays with the connection; the packet itself only for the call.
    const Bytes begun = request.body;
    std::unique_ptr<uint8_t[]> head(new uint8_t[begun.size() + 1]);
    memcpy(head.get(), begun.data(), begun.size());
    packet = std::exchange(connection.buffer, std::move(head));
    connection.capacity = connection.end = begun.size();
    connection.begin = 0;
  } else {
    packet = std::move(connection.buffer);
    connection.capacity = connection.begin = connection.end = 0;
    connection.body_taken = connection.content_length;
  }
  const uint32_t generation = connection.generation;
  {
    const Turn turn(*this, connection);
    host_.on_request(connection, request);
  }
  // Usually answered by now, and the connection free for the next.
  if (connection.state != ConnectionState::kRunning || connection.generation != generation) return;
  if (settings_.harakiri_ms != 0) connection.note = std::make_unique<RequestNote>(request.note);
  await_application(connection);
}

}  // namespace uwsgi_node
