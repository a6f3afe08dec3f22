// FastCGI's part of the engine's first half: from records to requests, and what a connection does between two
// of them.
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>

#include <algorithm>
#include <utility>

#include "native/core/engine.h"
#include "native/core/receive.h"

namespace uwsgi_node {
namespace {

// Room for the headers of records, behind what is known to come.
constexpr size_t kHeaderRoom = 4096;
// What a peer may send ahead of its next request's turn.
constexpr size_t kMostFollowing = 128 * 1024;

}  // namespace

// Small, into a socket that takes it: a peer that does not read its answers is to lose its connection.
bool Engine::tell(Connection& connection, Bytes record) {
  const bool waits = connection.response.pending();
  const WriteResult result = connection.response.write(connection.fd, {record.data(), record.size()}, {});
  return result == WriteResult::kDone || (result == WriteResult::kAgain && waits);
}

// The same, and it has lost it where this is false.
bool Engine::reply(Connection& connection, Bytes record) {
  if (tell(connection, record)) return true;
  gone(connection);
  return false;
}

bool Engine::refuse(Connection& connection, uint16_t id, fastcgi::EndStatus status) {
  uint8_t record[fastcgi::kEndRequestSize];
  fastcgi::write_end_request(record, id, status);
  return reply(connection, {record, sizeof record});
}

// Does what a record asks for that is not part of the request that is being read. False when the connection
// is not to be read from any more.
bool Engine::answer_fastcgi(Connection& connection, const fastcgi::Progress& progress) {
  fastcgi::Input& input = connection.input;
  switch (progress.step) {
    case fastcgi::Step::kValues: {
      uint8_t record[fastcgi::kMostValues];
      const size_t size = fastcgi::write_values(record, progress.content, settings_.max_requests);
      return reply(connection, {record, size});
    }
    case fastcgi::Step::kUnknownType: {
      uint8_t record[fastcgi::kUnknownTypeSize];
      fastcgi::write_unknown_type(record, progress.record.type);
      return reply(connection, {record, sizeof record});
    }
    case fastcgi::Step::kMultiplexed:
      return refuse(connection, progress.record.id, fastcgi::EndStatus::kCannotMultiplex);
    case fastcgi::Step::kUnknownRole:
      if (!refuse(connection, progress.record.id, fastcgi::EndStatus::kUnknownRole)) return false;
      break;
    case fastcgi::Step::kAborted:
      if (!refuse(connection, input.id, fastcgi::EndStatus::kComplete)) return false;
      break;
    default:
      return true;
  }
  if (!input.keep) return close(connection), false;
  const size_t at = input.at;
  input = {};
  input.at = at;
  return true;
}

// True when the head is complete; else everything has been done about it.
bool Engine::read_fastcgi_head(Connection& connection, MutableBytes bytes) {
  const size_t most = std::min(settings_.buffer_size, kMaxVarsSize);
  if (connection.input.id == 0) {
    if (bytes.size() < kForeignOpening && may_be_foreign(bytes[0]))
      return keep_fastcgi_head(connection, bytes, fastcgi::kHeaderSize), false;
    if (bytes.size() >= kForeignOpening && looks_like_http(bytes))
      return reject(connection, InvalidReason::kHttp), false;
    if (looks_like_tls(bytes)) return reject(connection, InvalidReason::kTls), false;
  }
  for (;;) {
    const fastcgi::Progress progress = fastcgi::read_head(bytes, most, connection.input);
    switch (progress.step) {
      case fastcgi::Step::kHead:
        return true;
      case fastcgi::Step::kNeedMore:
        return keep_fastcgi_head(connection, bytes, progress.wanted), false;
      case fastcgi::Step::kTooLarge:
        return reject(connection, Rejection::kVarsTooLarge, progress.wanted), false;
      case fastcgi::Step::kInvalid:
        return reject(connection, progress.reason), false;
      default:
        if (!answer_fastcgi(connection, progress)) return false;
    }
  }
}

void Engine::keep_fastcgi_head(Connection& connection, MutableBytes bytes, size_t wanted) {
  const size_t left = fastcgi::drop_read_records(bytes, connection.input);
  // Nothing is begun: a record that belonged to no request, or a management record, was all that came.
  if (left == 0 && connection.input.id == 0) return rest(connection);
  if (connection.capacity > 0) connection.end = left;
  keep(connection, bytes.first(left), wanted - (bytes.size() - left) + kHeaderRoom);
}

// The vars are complete; `bytes` is all that has come and was not dropped since the request began.
void Engine::consider_fastcgi(Connection& connection, MutableBytes bytes) {
  fastcgi::Input& input = connection.input;
  size_t body_begin = input.block_end;  // of a request that was kept: the body so far lies behind the vars
  if (!input.has_head) {
    if (!read_fastcgi_head(connection, bytes)) return;
    body_begin = input.at;
  }
  size_t more = 0;
  const MutableBytes records = bytes.subspan(input.at);
  switch (take_stdin(connection, records, &more)) {
    case Taken::kOk:
      break;
    case Taken::kAborted:
      if (answer_fastcgi(connection, {.step = fastcgi::Step::kAborted})) rest(connection);
      return;
    case Taken::kInvalid:
      return reject(connection, InvalidReason::kUnexpected);
    case Taken::kGone:
      return gone(connection);
  }
  const MutableBytes block = bytes.subspan(input.block_begin, input.block_end - input.block_begin);
  const MutableBytes body = bytes.subspan(body_begin, input.at + more - body_begin);
  std::optional<Vars> vars = layouts_.recall(fastcgi::kFormat, block, places_);
  if (!vars) vars = fastcgi::parse_params(block, places_);
  if (vars->status == ParseStatus::kInvalid) return reject(connection, vars->reason);
  input.has_length = vars->has_content_length;
  // Without a CONTENT_LENGTH (a chunked request that is passed on as it comes) the end of stdin tells.
  connection.content_length = input.has_length ? vars->content_length
                              : input.ended    ? body.size()
                                               : UINT64_MAX;
  const uint64_t known = input.has_length ? vars->content_length : body.size();
  if (settings_.limit_post != 0 && known > settings_.limit_post)
    return reject(connection, Rejection::kBodyTooLarge, known);
  const bool is_short = body.size() < connection.content_length;
  if (input.ended && is_short) return reject(connection, InvalidReason::kShortBody);
  const bool streams = known > settings_.post_buffering;
  if (!streams && is_short) return keep_fastcgi_body(connection, block, body);
  const auto of_body = static_cast<size_t>(std::min<uint64_t>(body.size(), connection.content_length));
  run_application(connection, {fastcgi::kFormat, block, *vars}, body.first(of_body), streams);
}

// Keeps the vars and the body behind them, and waits for the rest of the body.
void Engine::keep_fastcgi_body(Connection& connection, MutableBytes block, MutableBytes body) {
  fastcgi::Input& input = connection.input;
  const size_t length = input.has_length ? static_cast<size_t>(connection.content_length)
                                         : std::max(settings_.post_buffering, body.size());
  const size_t total = block.size() + length + kHeaderRoom;
  std::unique_ptr<uint8_t[]> old;
  if (connection.capacity < total) {
    old = std::exchange(connection.buffer, std::unique_ptr<uint8_t[]>(new uint8_t[total]));
    connection.capacity = total;
  }
  memmove(connection.buffer.get(), block.data(), block.size());
  if (!body.empty()) memmove(connection.buffer.get() + block.size(), body.data(), body.size());
  input.block_begin = connection.begin = 0;
  input.block_end = block.size();
  input.at = connection.end = block.size() + body.size();
  await_read(connection);
}

Engine::Taken Engine::take_stdin(Connection& connection, MutableBytes records, size_t* body) {
  *body = 0;
  for (size_t at = 0; at < records.size();) {
    const fastcgi::Progress progress = fastcgi::read_stdin(records.subspan(at), connection.input);
    if (progress.body > 0 && *body != at) memmove(&records[*body], &records[at], progress.body);
    *body += progress.body;
    at += progress.taken;
    switch (progress.step) {
      case fastcgi::Step::kEnd: {
        const Bytes rest = records.subspan(at);
        connection.following.insert(connection.following.end(), rest.begin(), rest.end());
        return Taken::kOk;
      }
      case fastcgi::Step::kMultiplexed: {
        uint8_t record[fastcgi::kEndRequestSize];
        fastcgi::write_end_request(record, progress.record.id, fastcgi::EndStatus::kCannotMultiplex);
        if (!tell(connection, {record, sizeof record})) return Taken::kGone;
        break;
      }
      case fastcgi::Step::kAborted: {
        // Where the next record begins is known only if this one is over.
        const Bytes rest = records.subspan(at);
        if (progress.record.size() > fastcgi::kHeaderSize) connection.input.keep = false;
        connection.following.insert(connection.following.end(), rest.begin(), rest.end());
        return Taken::kAborted;
      }
      case fastcgi::Step::kInvalid:
        return Taken::kInvalid;
      default:
        break;
    }
  }
  return Taken::kOk;
}

// While the application works: the peer may leave, or abort the request. What else comes is the next one.
void Engine::watch_peer(Connection& connection) {
  std::vector<uint8_t>& following = connection.following;
  const ssize_t got = read_some(connection.fd, receive_.get(), kReceiveSize);
  if (got < 0 && would_block(errno)) return;
  if (got <= 0 || following.size() + static_cast<size_t>(got) > kMostFollowing) return gone(connection);
  following.insert(following.end(), receive_.get(), receive_.get() + got);
  fastcgi::Record record;
  while (fastcgi::first_record(following, &record)) {
    const bool own = record.id == connection.input.id;
    if (record.type == fastcgi::Type::kBeginRequest && own) return;
    following.erase(following.begin(), following.begin() + static_cast<ptrdiff_t>(record.size()));
    if (record.type == fastcgi::Type::kAbortRequest && own) return abort_request(connection);
    if (record.type == fastcgi::Type::kBeginRequest &&
        !refuse(connection, record.id, fastcgi::EndStatus::kCannotMultiplex))
      return;
  }
}

// FCGI_ABORT_REQUEST while the application runs: for it the peer is gone.
void Engine::abort_request(Connection& connection) {
  host_.on_gone(connection);
  if (connection.state != ConnectionState::kRunning) return;
  if (connection.response.pending() || !answer_fastcgi(connection, {.step = fastcgi::Step::kAborted})) {
    if (connection.state != ConnectionState::kFree) close(connection);
    return;
  }
  rest(connection);
}

// The connection waits for its next request, or goes as well when the engine does.
void Engine::rest(Connection& connection) {
  forget_request(connection);
  connection.input = {};
  if (stopped_) return leave(connection);
  connection.state = ConnectionState::kIdle;
  ++idle_;
  arm(connection, EPOLLIN);
  if (!connection.following.empty()) wake();
  if (!accepting_ || parked_ > 0) update_accepting();
}

void Engine::begin_request(Connection& connection) {
  if (busy() >= settings_.max_requests) {
    if (!connection.parked) ++parked_;
    connection.parked = true;
    return disarm(connection);
  }
  connection.state = ConnectionState::kReading;
  --idle_;
  read_next(connection);
  if (busy() >= settings_.max_requests) update_accepting();
}

void Engine::read_next(Connection& connection) {
  if (connection.following.empty()) return first_read(connection);
  const std::vector<uint8_t> begun = std::exchange(connection.following, {});
  connection.buffer.reset(new uint8_t[begun.size()]);
  memcpy(connection.buffer.get(), begun.data(), begun.size());
  connection.capacity = connection.end = begun.size();
  consider(connection, connection.buffered());
}

// A request is over: those that waited for that are looked at again.
void Engine::unpark() {
  for (auto& connection : connections_) {
    if (!connection->parked) continue;
    connection->parked = false;
    arm(*connection, EPOLLIN);
    if (!connection->following.empty()) wake();
  }
  parked_ = 0;
}

}  // namespace uwsgi_node
