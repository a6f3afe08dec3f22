// An engine as JavaScript sees it: one per environment (JS thread) that asks for one.
#pragma once

#include <node_api.h>

#include <functional>
#include <memory>
#include <vector>

#include "native/binding/loop.h"
#include "native/core/engine.h"

namespace uwsgi_node {

// An array that is being sent; lives during the call.
struct LentArray {
  napi_env env;
  napi_value array;
};

struct EngineListener {
  int fd;
  bool unix_socket = false;
  Protocol protocol;
};

class EngineBinding final : public EngineHost {
 public:
  // Belongs to its JavaScript object: destroyed when that is collected and the engine closed.
  EngineBinding(napi_env env, const EngineSettings& settings, VarPlace* places, uint16_t* names,
                uint32_t* facts)
      : env_(env),
        facts_(facts),
        engine_(*this, settings, places, names),
        scratch_(new uint8_t[kScratch + Segment::kFrameRoom]) {}

  // Keeps the arrays whose memory the constructor was given.
  void share(const std::vector<napi_value>& arrays);
  // False when the kernel or libuv refuses a descriptor; the binding is then destroyed by itself.
  bool start(uv_loop_t* loop, const std::vector<EngineListener>& listeners, int exchange,
             napi_value handlers);
  napi_value make_object();

  void on_request(Connection& connection, const Request& request) override;
  void on_writable(Connection& connection) override;
  void on_data(Connection& connection, Bytes chunk) override;
  void on_gone(Connection& connection) override;
  void on_rejected(Rejection reason, Protocol protocol, int fd, uint64_t detail) override;
  void on_expired(Connection& connection, std::string_view note) override;
  void on_unanswered(const Connection& connection, Rejection reason) override;
  void on_deadline(uint64_t at_ms) override;
  bool harakiri_rests() const override;
  void on_read_error() override;
  void on_write_error() override;
  void listen_to_new(bool wanted) override {
    if (loop_) loop_->listen(wanted);
  }
  void look_away(int listener, uint64_t ms) override {
    if (loop_) loop_->look_away(listener, ms);
  }
  void tick_wanted(bool wanted) override {
    if (loop_) loop_->tick(wanted);
  }
  bool alive() const override { return alive_; }

 private:
  // Strings of this size or less are copied into the engine's scratch memory on their way out; larger ones
  // get memory of their own, which then can wait for a slow reader without another copy.
  static constexpr size_t kScratch = 192 * 1024;

  template <void (EngineBinding::*Method)(const napi_value* args, size_t count, napi_value* result),
            size_t kMost = 4>
  static napi_value call_method(napi_env env, napi_callback_info info) {
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
  void send_file(const napi_value* args, size_t count, napi_value* result);
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
  Segment outgoing_latin1(napi_value value, size_t* scratch_used);
  void join_scratch(size_t used, Segment* head, Segment* body) const;
  napi_ref hold(napi_value value);
  void shut_down(std::function<void()> done);
  void let_go();
  static void on_environment_exit(napi_async_cleanup_hook_handle handle, void* self);
  static void on_collected(napi_env env, void* self, void* hint);

  napi_env env_;
  uint32_t* facts_;
  Engine engine_;
  std::unique_ptr<Loop> loop_;
  std::unique_ptr<uint8_t[]> scratch_;
  LentArray lent_{};
  napi_ref on_request_ = nullptr;
  napi_ref on_writable_ = nullptr;
  napi_ref on_data_ = nullptr;
  napi_ref on_gone_ = nullptr;
  napi_ref on_expired_ = nullptr;
  napi_ref on_rejected_ = nullptr;
  std::vector<napi_ref> held_;  // handlers and shared arrays, until the engine is closed
  napi_async_cleanup_hook_handle cleanup_ = nullptr;
  bool alive_ = true;       // JavaScript may be called
  bool closed_ = false;     // close() or the end of the environment has begun
  bool finished_ = false;   // libuv has let go of every handle
  bool collected_ = false;  // JavaScript has no reference to the engine any more
};

// createEngine(options, handlers, places, names, facts): see NativeEngine in src/native.ts.
napi_value create_engine(napi_env env, napi_callback_info info);

}  // namespace uwsgi_node
