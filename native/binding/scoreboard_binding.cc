#include "native/binding/scoreboard_binding.h"

#include <errno.h>
#include <string.h>

#include <algorithm>
#include <memory>
#include <mutex>
#include <string>

#include "native/binding/values.h"
#include "native/core/clock.h"
#include "native/core/scoreboard.h"

namespace uwsgi_node {
namespace {

// Never destroyed: threads may still write while the process ends.
Scoreboard* board = nullptr;
std::mutex mapping;
thread_local ScoreKeeper keeper;

uint32_t uint_argument(const Napi::CallbackInfo& info, size_t index) {
  return info[index].As<Napi::Number>().Uint32Value();
}

Napi::Value refuse(Napi::Env env, const char* call) {
  Napi::Error::New(env, std::string(call) + ": " + strerror(errno)).ThrowAsJavaScriptException();
  return env.Undefined();
}

Napi::Value create_scoreboard(const Napi::CallbackInfo& info) {
  const int fd = Scoreboard::create(uint_argument(info, 0));
  return fd < 0 ? refuse(info.Env(), "memfd_create") : Napi::Number::New(info.Env(), fd);
}

Napi::Value map_scoreboard(const Napi::CallbackInfo& info) {
  const std::lock_guard lock(mapping);
  if (board != nullptr) return info.Env().Undefined();
  auto mapped = std::make_unique<Scoreboard>();
  if (!mapped->map(info[0].As<Napi::Number>().Int32Value(), uint_argument(info, 1))) {
    return refuse(info.Env(), "mmap");
  }
  board = mapped.release();
  return info.Env().Undefined();
}

// Into a Float64Array, in the order of `Score` in src/native-scoreboard.ts.
void read_score(const Napi::CallbackInfo& info) {
  constexpr auto kRelaxed = std::memory_order_relaxed;
  const ScoreRow& row = board->row(uint_argument(info, 0));
  auto into = info[1].As<Napi::Float64Array>();
  const auto set = [&into](size_t index, uint64_t value) { into[index] = static_cast<double>(value); };
  set(0, row.requests.load(kRelaxed));
  set(1, row.finished.load(kRelaxed));
  set(2, row.bytes.load(kRelaxed));
  set(3, row.running_us.load(kRelaxed));
  set(4, (monotonic_us() - row.started_us.load(kRelaxed)) / 1000);
  set(5, row.exceptions.load(kRelaxed));
  set(6, row.read_errors.load(kRelaxed));
  set(7, row.write_errors.load(kRelaxed));
  set(8, row.harakiris.load(kRelaxed));
  set(9, row.load.load(kRelaxed));
  set(10, std::max(row.deadline_ms.load(kRelaxed), row.front_deadline_ms.load(kRelaxed)));
  set(11, row.watched_ms.load(kRelaxed));
  set(12, row.thread_id.load(kRelaxed));
}

// Into a Float64Array, in the order of `Meter` in src/native-scoreboard.ts.
void read_meters(const Napi::CallbackInfo& info) {
  constexpr auto kRelaxed = std::memory_order_relaxed;
  Meters& meters = board->row(uint_argument(info, 0)).meters;
  auto into = info[1].As<Napi::Float64Array>();
  size_t index = 0;
  const auto put = [&](uint64_t value) { into[index++] = static_cast<double>(value); };
  for (const auto& status : meters.statuses) put(status.load(kRelaxed));
  put(meters.starts.load(kRelaxed));
  const uint64_t told_us = meters.vitals.told_us.load(kRelaxed);
  into[index++] = told_us == 0 ? -1 : static_cast<double>((monotonic_us() - told_us) / 1000);
  for (auto* field : meters.vitals.told()) put(field->load(kRelaxed));
  for (size_t bucket = 0; bucket < LatencyHistogram::kBuckets; ++bucket) put(meters.latency.at(bucket));
}

// tellVitals(numbers in the order of Vitals::told, note of the oldest request)
void tell_vitals(const Napi::CallbackInfo& info) {
  constexpr auto kRelaxed = std::memory_order_relaxed;
  Vitals* vitals = keeper.vitals();
  if (vitals == nullptr) return;
  const auto from = info[0].As<Napi::Float64Array>();
  const std::string oldest = info[1].As<Napi::String>();
  keeper.oldest().write(oldest);
  size_t index = 0;
  for (auto* field : vitals->told()) field->store(static_cast<uint64_t>(from[index++]), kRelaxed);
  vitals->told_us.store(monotonic_us(), kRelaxed);
}

Napi::Value read_note(const Napi::CallbackInfo& info) {
  return Napi::Value(info.Env(), make_string(info.Env(), board->row(uint_argument(info, 0)).note.read()));
}

Napi::Value read_oldest(const Napi::CallbackInfo& info) {
  return Napi::Value(info.Env(), make_string(info.Env(), board->row(uint_argument(info, 0)).oldest.read()));
}

void count_harakiri(const Napi::CallbackInfo& info) {
  board->row(uint_argument(info, 0)).harakiris.fetch_add(1, std::memory_order_relaxed);
}

void report_load(const Napi::CallbackInfo& info) {
  board->row(uint_argument(info, 0)).load.store(uint_argument(info, 1), std::memory_order_relaxed);
}

void count_own_harakiri(const Napi::CallbackInfo&) { keeper.count_harakiri(); }

void forget_deadlines(const Napi::CallbackInfo& info) {
  ScoreRow& row = board->row(uint_argument(info, 0));
  row.deadline_ms.store(0, std::memory_order_relaxed);
  row.front_deadline_ms.store(0, std::memory_order_relaxed);
}

void set_watched(const Napi::CallbackInfo& info) {
  board->row(uint_argument(info, 0)).watched_ms.store(monotonic_ms(), std::memory_order_relaxed);
}

Napi::Value monotonic(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), static_cast<double>(monotonic_ms()));
}

// setFrontDeadline(milliseconds from now, or 0)
void set_front_deadline(const Napi::CallbackInfo& info) {
  const uint32_t in_ms = uint_argument(info, 0);
  keeper.set_front_deadline(in_ms == 0 ? 0 : monotonic_ms() + in_ms);
}

// restHarakiri(whether it does)
void rest_harakiri(const Napi::CallbackInfo& info) {
  board->harakiri_rests().store(info[0].As<Napi::Boolean>().Value(), std::memory_order_relaxed);
}

Napi::Value harakiri_rests(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), board->harakiri_rests().load(std::memory_order_relaxed) != 0);
}

void count_exception(const Napi::CallbackInfo&) { keeper.count_exception(); }

void clear_scores(const Napi::CallbackInfo& info) {
  board->clear(uint_argument(info, 0), uint_argument(info, 1));
}

Napi::Value total_requests(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), static_cast<double>(board->total().load(std::memory_order_relaxed)));
}

// The calling JS thread's row from here on.
void keep_score(const Napi::CallbackInfo& info) {
  keeper = ScoreKeeper(*board, uint_argument(info, 0));
  keeper.take_over();
}

// These run for every request: raw Node-API.
// beginRequest(note) → when it began, µs
napi_value begin_request(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value note;
  napi_get_cb_info(env, info, &count, &note, nullptr, nullptr);
  char text[RequestNote::kRoom + 1];
  size_t size = 0;
  napi_get_value_string_latin1(env, note, text, sizeof text, &size);
  return make_number(env, static_cast<double>(keeper.begin({text, size})));
}

// endRequest(bytes, when it began, status) → its number
napi_value end_request(napi_env env, napi_callback_info info) {
  size_t count = 3;
  napi_value args[3];
  napi_get_cb_info(env, info, &count, args, nullptr, nullptr);
  int64_t sent = 0;
  int64_t began = 0;
  napi_get_value_int64(env, args[0], &sent);
  napi_get_value_int64(env, args[1], &began);
  const auto digit = static_cast<uint8_t>(get_uint32(env, args[2]) / 100);
  const uint64_t number = keeper.end(static_cast<uint64_t>(sent), static_cast<uint64_t>(began), digit);
  return make_number(env, static_cast<double>(number));
}

// requestsOf(first row, count)
napi_value requests_of(napi_env env, napi_callback_info info) {
  size_t count = 2;
  napi_value args[2];
  napi_get_cb_info(env, info, &count, args, nullptr, nullptr);
  const uint64_t sum = board->requests(get_uint32(env, args[0]), get_uint32(env, args[1]));
  return make_number(env, static_cast<double>(sum));
}

napi_value latest_request(napi_env env, napi_callback_info) {
  return make_number(env, static_cast<double>(keeper.latest()));
}

void set_raw(Napi::Env env, Napi::Object exports, const char* name, napi_callback callback) {
  napi_value function;
  napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, nullptr, &function);
  exports.Set(name, Napi::Value(env, function));
}

}  // namespace

ScoreKeeper& score_keeper() { return keeper; }

void export_scoreboard(Napi::Env env, Napi::Object exports) {
  exports.Set("createScoreboard", Napi::Function::New(env, create_scoreboard, "createScoreboard"));
  exports.Set("mapScoreboard", Napi::Function::New(env, map_scoreboard, "mapScoreboard"));
  exports.Set("keepScore", Napi::Function::New(env, keep_score, "keepScore"));
  set_raw(env, exports, "beginRequest", begin_request);
  set_raw(env, exports, "endRequest", end_request);
  exports.Set("readScore", Napi::Function::New(env, read_score, "readScore"));
  exports.Set("readMeters", Napi::Function::New(env, read_meters, "readMeters"));
  exports.Set("tellVitals", Napi::Function::New(env, tell_vitals, "tellVitals"));
  exports.Set("readOldest", Napi::Function::New(env, read_oldest, "readOldest"));
  exports.Set("readNote", Napi::Function::New(env, read_note, "readNote"));
  exports.Set("countHarakiri", Napi::Function::New(env, count_harakiri, "countHarakiri"));
  exports.Set("reportLoad", Napi::Function::New(env, report_load, "reportLoad"));
  exports.Set("countOwnHarakiri", Napi::Function::New(env, count_own_harakiri, "countOwnHarakiri"));
  exports.Set("forgetDeadlines", Napi::Function::New(env, forget_deadlines, "forgetDeadlines"));
  exports.Set("setWatched", Napi::Function::New(env, set_watched, "setWatched"));
  exports.Set("monotonic", Napi::Function::New(env, monotonic, "monotonic"));
  exports.Set("restHarakiri", Napi::Function::New(env, rest_harakiri, "restHarakiri"));
  exports.Set("harakiriRests", Napi::Function::New(env, harakiri_rests, "harakiriRests"));
  exports.Set("setFrontDeadline", Napi::Function::New(env, set_front_deadline, "setFrontDeadline"));
  exports.Set("countException", Napi::Function::New(env, count_exception, "countException"));
  exports.Set("clearScores", Napi::Function::New(env, clear_scores, "clearScores"));
  set_raw(env, exports, "latestRequest", latest_request);
  set_raw(env, exports, "requestsOf", requests_of);
  exports.Set("totalRequests", Napi::Function::New(env, total_requests, "totalRequests"));
}

}  // namespace uwsgi_node
