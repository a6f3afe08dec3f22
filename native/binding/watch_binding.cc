#include "native/binding/watch_binding.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <memory>
#include <utility>
#include <vector>

#include "native/binding/uv_abi.h"
#include "native/binding/values.h"

namespace uwsgi_node {
namespace {

// One watch. It looks at duplicates, so that whoever owns the descriptors may close them at any time.
class Watch : public std::enable_shared_from_this<Watch> {
 public:
  explicit Watch(const Napi::Function& callback) : callback_(Napi::Persistent(callback)) {}

  bool add(uv_loop_t* loop, int fd) {
    const int copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);
    if (copy < 0) return false;
    auto* handle = static_cast<uv_handle_t*>(calloc(1, uv_handle_size(UV_POLL)));
    if (uv_poll_init(loop, handle, copy) != 0) {
      free(handle);
      close(copy);
      return false;
    }
    uv_handle_set_data(handle, new Watched{shared_from_this(), copy});
    handles_.push_back(handle);
    uv_poll_start(handle, UV_READABLE, [](uv_handle_t* readable, int, int) {
      // A copy: the call may stop the watch.
      const auto watch = static_cast<Watched*>(uv_handle_get_data(readable))->watch;
      watch->fire();
    });
    return true;
  }

  void stop() {
    for (uv_handle_t* handle : std::exchange(handles_, {})) {
      uv_close(handle, [](uv_handle_t* closed) {
        auto* watched = static_cast<Watched*>(uv_handle_get_data(closed));
        close(watched->fd);
        delete watched;
        free(closed);
      });
    }
  }

 private:
  // The handle's own: the watch lives as long as libuv knows one of them.
  struct Watched {
    std::shared_ptr<Watch> watch;
    int fd;
  };

  void fire() {
    const Napi::Env env = callback_.Env();
    const HandleScope scope(env);
    stop();
    callback_.MakeCallback(env.Global(), {});
  }

  Napi::FunctionReference callback_;
  std::vector<uv_handle_t*> handles_;
};

// (fds: number[], callback: () => void): () => void, which ends the watch.
Napi::Value watch_readable(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  uv_loop_t* loop = nullptr;
  napi_get_uv_event_loop(env, &loop);
  const auto watch = std::make_shared<Watch>(info[1].As<Napi::Function>());
  const auto fds = info[0].As<Napi::Array>();
  for (uint32_t index = 0; index < fds.Length(); ++index) {
    if (watch->add(loop, fds.Get(index).As<Napi::Number>().Int32Value())) continue;
    watch->stop();
    Napi::Error::New(env, "a descriptor cannot be watched").ThrowAsJavaScriptException();
    return {};
  }
  return Napi::Function::New(env, [watch](const Napi::CallbackInfo&) { watch->stop(); });
}

}  // namespace

void export_watch(Napi::Env env, Napi::Object exports) {
  exports.Set("watchReadable", Napi::Function::New(env, watch_readable, "watchReadable"));
}

}  // namespace uwsgi_node
