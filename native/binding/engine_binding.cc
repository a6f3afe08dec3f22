#include "native/binding/engine_binding.h"

#include <string.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "native/binding/loop.h"
#include "native/binding/values.h"
#include "native/core/engine.h"
#include "native/core/socket.h"
#include "native/core/strand_watch.h"
#include "native/core/var_layouts.h"

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
};

// Strings of this size or less are copied into the engine's scratch memory on their way out; larger ones get
// memory of their own, which then can wait for a slow reader without another copy.
constexpr size_t kScratch = 192 * 1024;
// src/wsgi/headers.ts refuses a head that is larger.
constexpr size_t kHeadRoom = 64 * 1024;

// Up to this size an array that the socket does not take is copied; a larger one is kept alive instead.
constexpr size_t kCopied = 4 * 1024;

// An array that is being sent; lives during the call.
struct LentArray {
  napi_env env;
  napi_value array;
};

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

class EngineBinding final : public EngineHost {
 public:
  EngineBinding(napi_env env, const EngineSettings& settings, uwsgi::VarPlace* places, uint16_t* names,
                uint32_t* facts)
      : env_(env),
        names_(names),
        facts_(facts),
        engine_(*this, settings, places),
        scratch_(new uint8_t[kScratch]) {}

  bool start(uv_loop_t* loop, const std::vector<int>& listeners, const std::vector<bool>& unix_sockets,
             napi_value handlers);
  napi_value make_object();

  void on_request(Connection& connection, const Request& request) override;
  void on_writable(Connection& connection) override;
  void on_data(Connection& connection, Bytes chunk) override;
  void on_gone(Connection& connection) override;
  void on_rejected(Rejection reason, int fd, uint64_t detail) override;
  void listen_to_new(bool wanted) override {
    if (loop_) loop_->listen(wanted);
  }
  void tick_wanted(bool wanted) override {
    if (loop_) loop_->tick(wanted);
  }
  bool alive() const override { return alive_; }

 private:
  template <void (EngineBinding::*Method)(const napi_value* args, size_t count, napi_value* result)>
  static napi_value call_method(napi_env env, napi_callback_info info) {
    constexpr size_t kMost = 4;
    size_t count = kMost;
    napi_value args[kMost];
    void* self;
    napi_get_cb_info(env, info, &count, args, nullptr, &self);
    napi_value result = nullptr;
    (static_cast<EngineBinding*>(self)->*Method)(args, count, &result);
    return result;
  }

  void respond(const napi_value* args, size_t count, napi_value* result);
  void write(const napi_value* args, size_t count, napi_value* result);
  void finish(const napi_value* args, size_t count, napi_value* result);
  void abort(const napi_value* args, size_t count, napi_value* result);
  void read_body(const napi_value* args, size_t count, napi_value* result);
  void want_body(const napi_value* args, size_t count, napi_value* result);
  void upgrade(const napi_value* args, size_t count, napi_value* result);
  void peer(const napi_value* args, size_t count, napi_value* result);
  void stop_accepting(const napi_value* args, size_t count, napi_value* result);
  void open_requests(const napi_value* args, size_t count, napi_value* result);
  void keep_alive(const napi_value* args, size_t count, napi_value* result);
  void close(const napi_value* args, size_t count, napi_value* result);

  void emit(napi_ref handler, size_t count, napi_value* args);
  Segment outgoing(napi_value value, size_t* scratch_used);
  void shut_down(std::function<void()> done);
  static void on_environment_exit(napi_async_cleanup_hook_handle handle, void* self);

  napi_env env_;
  uint16_t* names_;
  uint32_t* facts_;
  Engine engine_;
  VarLayouts layouts_;
  std::unique_ptr<Loop> loop_;
  std::unique_ptr<uint8_t[]> scratch_;
  LentArray lent_{};
  napi_ref on_request_ = nullptr;
  napi_ref on_writable_ = nullptr;
  napi_ref on_data_ = nullptr;
  napi_ref on_gone_ = nullptr;
  napi_ref on_rejected_ = nullptr;
  napi_async_cleanup_hook_handle cleanup_ = nullptr;
  bool alive_ = true;
  bool closed_ = false;
};

bool EngineBinding::start(uv_loop_t* loop, const std::vector<int>& listeners,
                          const std::vector<bool>& unix_sockets, napi_value handlers) {
  on_request_ = reference_property(env_, handlers, "request");
  on_writable_ = reference_property(env_, handlers, "writable");
  on_data_ = reference_property(env_, handlers, "data");
  on_gone_ = reference_property(env_, handlers, "gone");
  on_rejected_ = reference_property(env_, handlers, "rejected");
  for (size_t i = 0; i < listeners.size(); ++i) engine_.add_listener(listeners[i], unix_sockets[i]);
  loop_ = std::make_unique<Loop>(loop, engine_);
  if (engine_.fd() < 0 || !loop_->start(listeners)) return false;
  StrandWatch::instance().add(engine_, listeners);
  napi_add_async_cleanup_hook(env_, on_environment_exit, this, &cleanup_);
  return true;
}

// --- from the engine to JavaScript
// -----------------------------------------------------------------------------------

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
  if (pending && napi_get_and_clear_last_exception(env_, &error) == napi_ok) {
    napi_fatal_exception(env_, error);
  } else {
    alive_ = false;  // the thread is being terminated
  }
}

void EngineBinding::on_request(Connection& connection, const Request& request) {
  const HandleScope scope(env_);
  const VarsMatch match = layouts_.match(request.vars, engine_.places(), request.count, names_);
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

  napi_value args[2];
  const auto text = as_text(request.vars);
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
  const HandleScope scope(env_);
  napi_value id = make_number(env_, connection.id);
  emit(on_gone_, 1, &id);
}

void EngineBinding::on_rejected(Rejection reason, int fd, uint64_t detail) {
  if (!alive_) return;
  const HandleScope scope(env_);
  napi_value args[3] = {make_number(env_, static_cast<double>(reason)), make_string(env_, peer_name(fd)),
                        make_number(env_, static_cast<double>(detail))};
  emit(on_rejected_, 3, args);
}

// --- from JavaScript to the engine
// -----------------------------------------------------------------------------------

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
  // A small array is cheaper to copy than to keep alive, if it comes to that.
  if (size <= kCopied) return {bytes, size};
  lent_ = {env_, value};
  return {bytes, size, release_array, &lent_, hold_array};
}

// respond(connection, head, body, http10)
void EngineBinding::respond(const napi_value* args, size_t count, napi_value*) {
  static constexpr std::string_view kVersion = "HTTP/1.1 ";
  Connection& connection = engine_.connection(get_uint32(env_, args[0]));
  auto* head = reinterpret_cast<char*>(scratch_.get());
  memcpy(head, kVersion.data(), kVersion.size());
  if (count > 3) head[kVersion.size() - 2] = '0';
  size_t length = 0;
  napi_get_value_string_latin1(env_, args[1], head + kVersion.size(), kHeadRoom, &length);
  length += kVersion.size();
  memcpy(head + length, "\r\n", 2);
  length += 2;
  size_t used = length;
  const Segment body = outgoing(args[2], &used);
  // Scratch memory is contiguous: head and body go out as one.
  if (body.data == scratch_.get() + length) return engine_.respond(connection, {scratch_.get(), used}, {});
  engine_.respond(connection, {scratch_.get(), length}, body);
}

// write(connection, head or null, chunk) → Flow
void EngineBinding::write(const napi_value* args, size_t, napi_value* result) {
  size_t used = 0;
  Connection& connection = engine_.connection(get_uint32(env_, args[0]));
  Segment head{};
  if (napi_get_value_string_latin1(env_, args[1], nullptr, 0, &used) == napi_ok) {
    auto* memory = static_cast<uint8_t*>(malloc(used + 1));
    napi_get_value_string_latin1(env_, args[1], reinterpret_cast<char*>(memory), used + 1, &used);
    head = {memory, used, free, memory};
  }
  used = 0;
  const Segment chunk = outgoing(args[2], &used);
  const WriteResult written = engine_.write(connection, head, chunk);
  *result = make_number(env_, static_cast<double>(written));
}

void EngineBinding::finish(const napi_value* args, size_t, napi_value*) {
  engine_.finish(engine_.connection(get_uint32(env_, args[0])));
}

void EngineBinding::abort(const napi_value* args, size_t, napi_value*) {
  engine_.abort(engine_.connection(get_uint32(env_, args[0])));
}

// readBody(connection, into, at) → bytes read, 0 at the end, or minus the ReadResult that is no data
void EngineBinding::read_body(const napi_value* args, size_t, napi_value* result) {
  Connection& connection = engine_.connection(get_uint32(env_, args[0]));
  void* into = nullptr;
  size_t size = 0;
  napi_get_typedarray_info(env_, args[1], nullptr, &size, &into, nullptr, nullptr);
  const size_t at = get_uint32(env_, args[2]);
  size_t got = 0;
  const ReadResult read = engine_.read_body(connection, static_cast<uint8_t*>(into) + at, size - at, &got);
  const bool failed = read == ReadResult::kTimeout || read == ReadResult::kGone;
  *result = make_number(env_, failed ? -static_cast<double>(read) : static_cast<double>(got));
}

void EngineBinding::want_body(const napi_value* args, size_t, napi_value*) {
  engine_.want_body(engine_.connection(get_uint32(env_, args[0])));
}

void EngineBinding::upgrade(const napi_value* args, size_t, napi_value*) {
  engine_.upgrade(engine_.connection(get_uint32(env_, args[0])));
}

void EngineBinding::peer(const napi_value* args, size_t, napi_value* result) {
  *result = make_string(env_, peer_name(engine_.connection(get_uint32(env_, args[0])).fd));
}

void EngineBinding::stop_accepting(const napi_value*, size_t, napi_value*) { engine_.stop_accepting(); }

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

// --- the end
// ---------------------------------------------------------------------------------------------------------

void EngineBinding::shut_down(std::function<void()> done) {
  closed_ = true;
  StrandWatch::instance().remove(engine_);
  engine_.abandon();
  alive_ = false;
  loop_->stop(std::move(done));
}

// The thread ends, perhaps in the middle of requests (uncaught exception, terminate()): the only place where
// they can still be answered.
void EngineBinding::on_environment_exit(napi_async_cleanup_hook_handle handle, void* self) {
  auto* binding = static_cast<EngineBinding*>(self);
  binding->alive_ = false;
  if (binding->closed_) return;
  binding->shut_down([handle] { napi_remove_async_cleanup_hook(handle); });
}

napi_value EngineBinding::make_object() {
  napi_value object;
  napi_create_object(env_, &object);
  const auto method = [&](const char* name, napi_callback callback) {
    napi_value function;
    napi_create_function(env_, name, NAPI_AUTO_LENGTH, callback, this, &function);
    napi_set_named_property(env_, object, name, function);
  };
  method("respond", call_method<&EngineBinding::respond>);
  method("write", call_method<&EngineBinding::write>);
  method("finish", call_method<&EngineBinding::finish>);
  method("abort", call_method<&EngineBinding::abort>);
  method("readBody", call_method<&EngineBinding::read_body>);
  method("wantBody", call_method<&EngineBinding::want_body>);
  method("upgrade", call_method<&EngineBinding::upgrade>);
  method("peer", call_method<&EngineBinding::peer>);
  method("stopAccepting", call_method<&EngineBinding::stop_accepting>);
  method("openRequests", call_method<&EngineBinding::open_requests>);
  method("keepAlive", call_method<&EngineBinding::keep_alive>);
  method("close", call_method<&EngineBinding::close>);
  return object;
}

template <typename T>
T* array_memory(napi_env env, napi_value array) {
  void* data = nullptr;
  napi_get_typedarray_info(env, array, nullptr, nullptr, &data, nullptr, nullptr);
  // The array lives as long as the engine does.
  napi_ref kept;
  napi_create_reference(env, array, 1, &kept);
  return static_cast<T*>(data);
}

EngineSettings read_settings(napi_env env, napi_value options) {
  EngineSettings settings;
  settings.buffer_size = static_cast<size_t>(number_property(env, options, "bufferSize"));
  settings.post_buffering = static_cast<size_t>(number_property(env, options, "postBuffering"));
  settings.limit_post = static_cast<uint64_t>(number_property(env, options, "limitPost"));
  settings.read_timeout_ms = static_cast<uint64_t>(number_property(env, options, "socketTimeout"));
  settings.write_timeout_ms = std::max<uint64_t>(settings.read_timeout_ms, settings.write_timeout_ms);
  settings.max_requests = static_cast<uint32_t>(number_property(env, options, "maxRequests"));
  return settings;
}

}  // namespace

napi_value create_engine(napi_env env, napi_callback_info info) {
  size_t count = 5;
  napi_value args[5];
  napi_get_cb_info(env, info, &count, args, nullptr, nullptr);

  napi_value listed = get_property(env, args[0], "listeners");
  uint32_t length = 0;
  napi_get_array_length(env, listed, &length);
  std::vector<int> listeners;
  std::vector<bool> unix_sockets;
  for (uint32_t i = 0; i < length; ++i) {
    napi_value listener;
    napi_get_element(env, listed, i, &listener);
    listeners.push_back(static_cast<int>(number_property(env, listener, "fd")));
    bool unix_socket = false;
    napi_get_value_bool(env, get_property(env, listener, "unix"), &unix_socket);
    unix_sockets.push_back(unix_socket);
  }

  uv_loop_t* loop = nullptr;
  napi_get_uv_event_loop(env, &loop);
  auto* binding =
      new EngineBinding(env, read_settings(env, args[0]), array_memory<uwsgi::VarPlace>(env, args[2]),
                        array_memory<uint16_t>(env, args[3]), array_memory<uint32_t>(env, args[4]));
  if (!binding->start(loop, listeners, unix_sockets, args[1])) {
    napi_throw_error(env, "UWSGI_ENGINE",
                     "the kernel refused the engine's descriptors (epoll, eventfd or a listener)");
    return nullptr;
  }
  return binding->make_object();
}

}  // namespace uwsgi_node
