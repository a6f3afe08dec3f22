#include "native/binding/engine_binding.h"

#include <algorithm>

#include "native/binding/values.h"
#include "native/core/strand_watch.h"

namespace uwsgi_node {
namespace {

template <typename T>
T* array_memory(napi_env env, napi_value array) {
  void* data = nullptr;
  napi_get_typedarray_info(env, array, nullptr, nullptr, &data, nullptr, nullptr);
  return static_cast<T*>(data);
}

// A descriptor of the exchange, or -1 where there is none.
int exchange_end(napi_env env, napi_value options, const char* which) {
  napi_value exchange = get_property(env, options, "exchange");
  napi_valuetype type = napi_undefined;
  napi_typeof(env, exchange, &type);
  return type == napi_object ? static_cast<int>(number_property(env, exchange, which)) : -1;
}

EngineSettings read_settings(napi_env env, napi_value options) {
  EngineSettings settings;
  settings.buffer_size = static_cast<size_t>(number_property(env, options, "bufferSize"));
  settings.post_buffering = static_cast<size_t>(number_property(env, options, "postBuffering"));
  settings.limit_post = static_cast<uint64_t>(number_property(env, options, "limitPost"));
  settings.read_timeout_ms = static_cast<uint64_t>(number_property(env, options, "socketTimeout"));
  settings.write_timeout_ms = std::max<uint64_t>(settings.read_timeout_ms, settings.write_timeout_ms);
  settings.harakiri_ms = static_cast<uint64_t>(number_property(env, options, "harakiri"));
  settings.max_requests = static_cast<uint32_t>(number_property(env, options, "maxRequests"));
  settings.exchange = exchange_end(env, options, "give");
  napi_get_value_bool(env, get_property(env, options, "shares"), &settings.shares);
  return settings;
}

}  // namespace

bool EngineBinding::start(uv_loop_t* loop, const std::vector<EngineListener>& listeners, int exchange,
                          napi_value handlers) {
  on_request_ = hold(get_property(env_, handlers, "request"));
  on_writable_ = hold(get_property(env_, handlers, "writable"));
  on_data_ = hold(get_property(env_, handlers, "data"));
  on_gone_ = hold(get_property(env_, handlers, "gone"));
  on_expired_ = hold(get_property(env_, handlers, "expired"));
  on_rejected_ = hold(get_property(env_, handlers, "rejected"));
  std::vector<int> fds;
  for (const EngineListener& listener : listeners) {
    engine_.add_listener(listener.fd, listener.unix_socket, listener.protocol);
    fds.push_back(listener.fd);
  }
  if (exchange >= 0) {
    engine_.add_exchange(exchange);
    fds.push_back(exchange);
  }
  loop_ = std::make_unique<Loop>(loop, engine_);
  if (engine_.fd() < 0 || !loop_->start(fds)) {
    closed_ = collected_ = true;
    loop_->stop([this] { let_go(); });
    return false;
  }
  StrandWatch::instance().add(engine_, fds);
  napi_add_async_cleanup_hook(env_, on_environment_exit, this, &cleanup_);
  return true;
}

napi_ref EngineBinding::hold(napi_value value) {
  napi_ref reference = nullptr;
  napi_create_reference(env_, value, 1, &reference);
  held_.push_back(reference);
  return reference;
}

void EngineBinding::share(const std::vector<napi_value>& arrays) {
  for (const napi_value array : arrays) hold(array);
}

void EngineBinding::shut_down(std::function<void()> done) {
  closed_ = true;
  StrandWatch::instance().remove(engine_);
  engine_.abandon();
  alive_ = false;
  loop_->stop([this, done = std::move(done)] {
    done();
    let_go();
  });
}

// Nothing native refers to the engine any more: what it held of JavaScript's can be collected, then it can.
void EngineBinding::let_go() {
  for (const napi_ref reference : held_) napi_delete_reference(env_, reference);
  held_.clear();
  finished_ = true;
  if (collected_) delete this;
}

void EngineBinding::on_collected(napi_env, void* self, void*) {
  auto* binding = static_cast<EngineBinding*>(self);
  binding->collected_ = true;
  if (binding->finished_) delete binding;
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
  napi_wrap(env_, object, this, on_collected, nullptr, nullptr);
  const auto method = [&](const char* name, napi_callback callback) {
    napi_value function;
    napi_create_function(env_, name, NAPI_AUTO_LENGTH, callback, this, &function);
    napi_set_named_property(env_, object, name, function);
  };
  method("respond", call_method<&EngineBinding::respond>);
  method("write", call_method<&EngineBinding::write>);
  method("sendFile", call_method<&EngineBinding::send_file, 5>);
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

napi_value create_engine(napi_env env, napi_callback_info info) {
  size_t count = 5;
  napi_value args[5];
  napi_get_cb_info(env, info, &count, args, nullptr, nullptr);

  napi_value listed = get_property(env, args[0], "listeners");
  uint32_t length = 0;
  napi_get_array_length(env, listed, &length);
  std::vector<EngineListener> listeners;
  for (uint32_t i = 0; i < length; ++i) {
    napi_value listener;
    napi_get_element(env, listed, i, &listener);
    EngineListener& added = listeners.emplace_back();
    added.fd = static_cast<int>(number_property(env, listener, "fd"));
    added.protocol = static_cast<Protocol>(number_property(env, listener, "protocol"));
    napi_get_value_bool(env, get_property(env, listener, "unix"), &added.unix_socket);
  }

  uv_loop_t* loop = nullptr;
  napi_get_uv_event_loop(env, &loop);
  auto* binding =
      new EngineBinding(env, read_settings(env, args[0]), array_memory<VarPlace>(env, args[2]),
                        array_memory<uint16_t>(env, args[3]), array_memory<uint32_t>(env, args[4]));
  binding->share({args[2], args[3], args[4]});
  if (!binding->start(loop, listeners, exchange_end(env, args[0], "take"), args[1])) {
    napi_throw_error(env, "UWSGI_ENGINE",
                     "the kernel refused the engine's descriptors (epoll, eventfd or a listener)");
    return nullptr;
  }
  return binding->make_object();
}

}  // namespace uwsgi_node
