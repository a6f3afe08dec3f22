// From the engine to JavaScript: requests, and what becomes of them.
#include <stdio.h>
#include <unistd.h>

#include <string>

#include "native/binding/engine_binding.h"
#include "native/binding/scoreboard_binding.h"
#include "native/binding/values.h"
#include "native/core/clock.h"
#include "native/core/freed_memory.h"
#include "native/core/request_note.h"
#include "native/core/socket.h"

namespace uwsgi_node {
namespace {

// Numbers of a request, in an array that JavaScript reads without a call. Mirrors `Fact` in src/native.ts.
enum Fact : size_t {
  kConnection,
  kCount,
  kModifier1,
  kStreams,
  kLayout,
  kFresh,
  kPrefix,
  kPrefixFresh,
  kPrefixCount,
  kRepeats,
  kContentLengthLow,
  kContentLengthHigh,
  kNeedsPath,
  kHeld,
  kKeep,
  kTextBegin,
  kSize,
};

// Bodies up to here are no matter of memory.
constexpr uint64_t kSmallBody = 4 * 1024;

// A note for a log line: `GET /x `. It may hold whatever a client sends.
std::string readable(const RequestNote& note) {
  const std::string_view text = note.text();
  const size_t address = text.find('\0');
  const size_t uri = text.find('\0', address + 1);
  std::string line(text.substr(0, address));
  line.append(" ").append(text.substr(uri + 1)).append(" ");
  for (char& byte : line) {
    if (static_cast<unsigned char>(byte) < ' ' || byte == 0x7f) byte = '?';
  }
  return line;
}

}  // namespace

// Each call gets an object of its own as `this`: Node takes it as the call's async resource, so that what one
// request puts into an AsyncLocalStorage is not seen by the next.
void EngineBinding::emit(napi_ref handler, size_t count, napi_value* args) {
  napi_value function;
  napi_value resource;
  napi_get_reference_value(env_, handler, &function);
  napi_create_object(env_, &resource);
  const napi_status status = napi_make_callback(env_, nullptr, resource, function, count, args, nullptr);
  if (status == napi_ok) return;
  bool pending = false;
  napi_is_exception_pending(env_, &pending);
  napi_value error;
  pending = pending && napi_get_and_clear_last_exception(env_, &error) == napi_ok;
  // A termination comes out as an exception, too (null); after it nothing may run any more.
  bool ignored = false;
  if (pending && napi_has_named_property(env_, function, "name", &ignored) == napi_ok) {
    napi_fatal_exception(env_, error);
  } else {
    alive_ = false;
  }
}

void EngineBinding::on_request(Connection& connection, const Request& request) {
  const HandleScope scope(env_);
  connection.status = 0;
  connection.started_us = score_keeper().begin(request.note.text());
  const VarsMatch& match = request.match;
  facts_[kConnection] = connection.id;
  facts_[kCount] = request.count;
  facts_[kModifier1] = request.modifier1;
  facts_[kStreams] = request.streams;
  facts_[kLayout] = match.layout.index;
  facts_[kFresh] = match.layout.fresh;
  facts_[kPrefix] = match.prefix.index;
  facts_[kPrefixFresh] = match.prefix.fresh;
  facts_[kPrefixCount] = match.prefix_count;
  facts_[kRepeats] = match.repeats;
  facts_[kContentLengthLow] = static_cast<uint32_t>(connection.content_length);
  facts_[kContentLengthHigh] = static_cast<uint32_t>(connection.content_length >> 32);
  facts_[kNeedsPath] = request.needs_path;
  facts_[kHeld] = match.layout.same;
  facts_[kKeep] = match.keep;
  facts_[kTextBegin] = match.text_begin;
  facts_[kSize] = static_cast<uint32_t>(request.vars.size());

  if (connection.content_length > kSmallBody) keep_freed_memory();

  napi_value args[2];
  const auto text = as_text(request.vars).substr(match.text_begin, match.text_end - match.text_begin);
  napi_create_string_latin1(env_, text.data(), text.size(), &args[0]);
  if (request.streams || request.body.empty()) {
    napi_get_null(env_, &args[1]);
  } else {
    napi_create_buffer_copy(env_, request.body.size(), request.body.data(), nullptr, &args[1]);
  }
  emit(on_request_, 2, args);
}

void EngineBinding::on_writable(Connection& connection) {
  const HandleScope scope(env_);
  napi_value id = make_number(env_, connection.id);
  emit(on_writable_, 1, &id);
}

void EngineBinding::on_data(Connection& connection, Bytes chunk) {
  const HandleScope scope(env_);
  napi_value args[2] = {make_number(env_, connection.id)};
  if (chunk.empty()) {
    napi_get_null(env_, &args[1]);
  } else {
    napi_create_buffer_copy(env_, chunk.size(), chunk.data(), nullptr, &args[1]);
  }
  emit(on_data_, 2, args);
}

void EngineBinding::on_gone(Connection& connection) {
  score_keeper().end(0, connection.started_us, connection.status);
  const HandleScope scope(env_);
  napi_value id = make_number(env_, connection.id);
  emit(on_gone_, 1, &id);
}

// expired(connection, note, milliseconds with the application)
void EngineBinding::on_expired(Connection& connection, std::string_view note) {
  score_keeper().end(0, connection.started_us, connection.status == 0 ? 5 : connection.status);
  score_keeper().count_harakiri();
  const HandleScope scope(env_);
  const uint64_t elapsed_us = monotonic_us() - connection.started_us;
  napi_value args[3] = {make_number(env_, connection.id), make_string(env_, note),
                        make_number(env_, static_cast<double>(elapsed_us / 1000))};
  emit(on_expired_, 3, args);
}

// JavaScript cannot be asked to log what its own end has done.
void EngineBinding::on_unanswered(const Connection& connection, Rejection reason) {
  if (alive_) return on_rejected(reason, connection.protocol, connection.fd, 0);
  const std::string request = connection.note == nullptr ? "" : readable(*connection.note);
  dprintf(STDERR_FILENO, "%sthe thread ended with this request unanswered...%s [peer: %s]\n", request.c_str(),
          reason == Rejection::kHarakiri ? "504" : "503", peer_name(connection.fd).c_str());
}

void EngineBinding::on_deadline(uint64_t at_ms) { score_keeper().set_deadline(at_ms); }

bool EngineBinding::harakiri_rests() const { return score_keeper().harakiri_rests(); }

void EngineBinding::on_read_error() { score_keeper().count_read_error(); }

void EngineBinding::on_write_error() { score_keeper().count_write_error(); }

void EngineBinding::on_rejected(Rejection reason, Protocol protocol, int fd, uint64_t detail) {
  if (!alive_) return;
  const HandleScope scope(env_);
  napi_value args[4] = {make_number(env_, static_cast<double>(reason)), make_string(env_, peer_name(fd)),
                        make_number(env_, static_cast<double>(detail)),
                        make_number(env_, static_cast<double>(protocol))};
  emit(on_rejected_, 4, args);
}

}  // namespace uwsgi_node
