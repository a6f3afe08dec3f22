// From JavaScript to the engine: responses, bodies, the way out.
#include <stdlib.h>
#include <string.h>

#include <string_view>

#include "native/binding/engine_binding.h"
#include "native/binding/scoreboard_binding.h"
#include "native/binding/values.h"
#include "native/core/socket.h"

namespace uwsgi_node {
namespace {

// src/wsgi/headers.ts refuses a head of the application's that is larger than half of this, and the
// configuration `add-header` lines that are.
constexpr size_t kHeadRoom = 128 * 1024;

// Up to this size an array is copied, which costs less than another part of a send, or to keep it alive where
// the socket does not take it.
constexpr size_t kCopied = 4 * 1024;

struct HeldArray {
  napi_env env;
  napi_ref array;
};

void* hold_array(void* lent) {
  const auto* array = static_cast<LentArray*>(lent);
  auto* held = new HeldArray{array->env, nullptr};
  napi_create_reference(array->env, array->array, 1, &held->array);
  return held;
}

void release_array(void* held) {
  auto* array = static_cast<HeldArray*>(held);
  napi_delete_reference(array->env, array->array);
  delete array;
}

// The first digit of the status in `HTTP/1.1 200 …`; 0 when it is no such line.
uint8_t status_digit(std::string_view head) {
  static constexpr std::string_view kProtocol = "HTTP/1.";
  const size_t at = kProtocol.size() + 2;
  return head.size() > at && head.starts_with(kProtocol) ? static_cast<uint8_t>(head[at] - '0') : 0;
}

}  // namespace

// Bytes of a string (UTF-8) or a Uint8Array. Null and undefined are no bytes.
Segment EngineBinding::outgoing(napi_value value, size_t* scratch_used) {
  size_t length = 0;
  if (napi_get_value_string_latin1(env_, value, nullptr, 0, &length) == napi_ok) {
    if (length == 0) return {};
    const size_t most = length * 3 + 1;
    if (*scratch_used + most <= kScratch) {
      uint8_t* at = scratch_.get() + *scratch_used;
      napi_get_value_string_utf8(env_, value, reinterpret_cast<char*>(at), most, &length);
      *scratch_used += length;
      return {at, length};
    }
    napi_get_value_string_utf8(env_, value, nullptr, 0, &length);
    auto* memory = static_cast<uint8_t*>(malloc(length + 1));
    napi_get_value_string_utf8(env_, value, reinterpret_cast<char*>(memory), length + 1, &length);
    return {memory, length, free, memory};
  }
  bool is_array = false;
  if (napi_is_typedarray(env_, value, &is_array) != napi_ok || !is_array) return {};
  void* data;
  size_t size;
  napi_get_typedarray_info(env_, value, nullptr, &size, &data, nullptr, nullptr);
  const auto* bytes = static_cast<const uint8_t*>(data);
  if (size == 0) return {};
  if (size <= kCopied && *scratch_used + size <= kScratch) {
    uint8_t* at = scratch_.get() + *scratch_used;
    memcpy(at, bytes, size);
    *scratch_used += size;
    return {at, size};
  }
  lent_ = {env_, value};
  return {bytes, size, release_array, &lent_, hold_array};
}

// Bytes of a string that says them, character by character.
Segment EngineBinding::outgoing_latin1(napi_value value, size_t* scratch_used) {
  size_t length = 0;
  if (napi_get_value_string_latin1(env_, value, nullptr, 0, &length) != napi_ok || length == 0) return {};
  const size_t most = length + 1;
  const bool fits = *scratch_used + most <= kScratch;
  auto* at = fits ? scratch_.get() + *scratch_used : static_cast<uint8_t*>(malloc(most));
  napi_get_value_string_latin1(env_, value, reinterpret_cast<char*>(at), most, &length);
  if (!fits) return {at, length, free, at};
  *scratch_used += length;
  return {at, length};
}

// What lies in scratch memory goes out as one, with room for a frame around it.
void EngineBinding::join_scratch(size_t used, Segment* head, Segment* body) const {
  uint8_t* const begin = scratch_.get() + Segment::kFrameRoom;
  const bool joins =
      (head->size == 0 || head->data == begin) && (body->size == 0 || body->data == begin + head->size);
  if (!joins || used == Segment::kFrameRoom) return;
  *head = {begin, used - Segment::kFrameRoom};
  head->has_frame_room = true;
  *body = {};
}

// respond(connection, head, body, http10)
void EngineBinding::respond(const napi_value* args, size_t count, napi_value*) {
  static constexpr std::string_view kVersion = "HTTP/1.1 ";
  Connection& connection = engine_.connection(get_uint32(env_, args[0]));
  uint8_t* const begin = scratch_.get() + Segment::kFrameRoom;
  auto* head = reinterpret_cast<char*>(begin);
  memcpy(head, kVersion.data(), kVersion.size());
  if (count > 3) head[kVersion.size() - 2] = '0';
  size_t length = 0;
  napi_get_value_string_latin1(env_, args[1], head + kVersion.size(), kHeadRoom, &length);
  length += kVersion.size();
  memcpy(head + length, "\r\n", 2);
  length += 2;
  Segment first{begin, length};
  size_t used = Segment::kFrameRoom + length;
  Segment body = outgoing(args[2], &used);
  score_keeper().end(length + body.size, connection.started_us, status_digit({head, length}));
  join_scratch(used, &first, &body);
  engine_.respond(connection, first, body);
}

// write(connection, head or null, chunk, last) → Flow
void EngineBinding::write(const napi_value* args, size_t count, napi_value* result) {
  size_t used = Segment::kFrameRoom;
  Connection& connection = engine_.connection(get_uint32(env_, args[0]));
  Segment head = outgoing_latin1(args[1], &used);
  Segment chunk = outgoing(args[2], &used);
  // A short body comes with its head in one string; behind `100 Continue` comes another head.
  if (connection.status <= 1)
    connection.status = status_digit(as_text((head.size > 0 ? head : chunk).bytes()));
  join_scratch(used, &head, &chunk);
  const uint64_t size = head.size + chunk.size;
  const uint64_t started_us = connection.started_us;
  const bool last = count > 3;
  const uint8_t status = connection.status;
  const WriteResult written = engine_.write(connection, head, chunk, last);
  if (written != WriteResult::kDead) score_keeper().send(size);
  if (last || written == WriteResult::kDead) score_keeper().end(0, started_us, status);
  *result = make_number(env_, static_cast<double>(written));
}

// sendFile(connection, head, fd, from, most) → size of the body, or -1
void EngineBinding::send_file(const napi_value* args, size_t, napi_value* result) {
  Connection& connection = engine_.connection(get_uint32(env_, args[0]));
  size_t length = 0;
  napi_get_value_string_latin1(env_, args[1], reinterpret_cast<char*>(scratch_.get()), kScratch, &length);
  int64_t from = -1;
  int64_t most = -1;
  napi_get_value_int64(env_, args[3], &from);
  napi_get_value_int64(env_, args[4], &most);
  const uint64_t started_us = connection.started_us;
  const int64_t size = engine_.send_file(connection, {scratch_.get(), length},
                                         static_cast<int>(get_uint32(env_, args[2])), from, most);
  const uint8_t status = status_digit({reinterpret_cast<char*>(scratch_.get()), length});
  if (size >= 0) score_keeper().end(length + static_cast<uint64_t>(size), started_us, status);
  *result = make_number(env_, static_cast<double>(size));
}

void EngineBinding::finish(const napi_value* args, size_t, napi_value*) {
  Connection& connection = engine_.connection(get_uint32(env_, args[0]));
  score_keeper().end(0, connection.started_us, connection.status);
  engine_.finish(connection);
}

void EngineBinding::abort(const napi_value* args, size_t, napi_value*) {
  Connection& connection = engine_.connection(get_uint32(env_, args[0]));
  score_keeper().end(0, connection.started_us, connection.status);
  engine_.abort(connection);
}

// readBody(connection, into, at) → bytes read, 0 at the end, or minus the ReadResult that is no data
void EngineBinding::read_body(const napi_value* args, size_t, napi_value* result) {
  Connection& connection = engine_.connection(get_uint32(env_, args[0]));
  void* into = nullptr;
  size_t size = 0;
  napi_get_typedarray_info(env_, args[1], nullptr, &size, &into, nullptr, nullptr);
  int64_t at = 0;
  napi_get_value_int64(env_, args[2], &at);
  size_t got = 0;
  const ReadResult read =
      engine_.read_body(connection, static_cast<uint8_t*>(into) + at, size - static_cast<size_t>(at), &got);
  const bool failed = read == ReadResult::kTimeout || read == ReadResult::kGone;
  *result = make_number(env_, failed ? -static_cast<double>(read) : static_cast<double>(got));
}

void EngineBinding::want_body(const napi_value* args, size_t, napi_value*) {
  engine_.want_body(engine_.connection(get_uint32(env_, args[0])));
}

void EngineBinding::upgrade(const napi_value* args, size_t, napi_value* result) {
  napi_get_boolean(env_, engine_.upgrade(engine_.connection(get_uint32(env_, args[0]))), result);
}

void EngineBinding::peer(const napi_value* args, size_t, napi_value* result) {
  *result = make_string(env_, peer_name(engine_.connection(get_uint32(env_, args[0])).fd));
}

// stopAccepting(handOver)
void EngineBinding::stop_accepting(const napi_value* args, size_t, napi_value*) {
  bool hand_over = false;
  napi_get_value_bool(env_, args[0], &hand_over);
  engine_.stop_accepting(hand_over);
}

void EngineBinding::open_requests(const napi_value*, size_t, napi_value* result) {
  *result = make_number(env_, engine_.open_requests());
}

void EngineBinding::keep_alive(const napi_value* args, size_t, napi_value*) {
  bool wanted = true;
  napi_get_value_bool(env_, args[0], &wanted);
  loop_->keep_alive(wanted);
}

void EngineBinding::close(const napi_value*, size_t, napi_value*) {
  if (closed_) return;
  shut_down([this] { napi_remove_async_cleanup_hook(cleanup_); });
}

}  // namespace uwsgi_node
