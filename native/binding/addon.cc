// The addon's door: runs once per environment, so in every JS thread that loads it.
#include <napi.h>

#include "native/binding/engine_binding.h"
#include "native/binding/scoreboard_binding.h"
#include "native/binding/sockets_binding.h"
#include "native/binding/supervision_binding.h"
#include "native/binding/watch_binding.h"

namespace {

Napi::Object init(Napi::Env env, Napi::Object exports) {
  uwsgi_node::export_sockets(env, exports);
  uwsgi_node::export_scoreboard(env, exports);
  uwsgi_node::export_supervision(env, exports);
  uwsgi_node::export_watch(env, exports);
  napi_value function;
  napi_create_function(env, "createEngine", NAPI_AUTO_LENGTH, uwsgi_node::create_engine, nullptr, &function);
  exports.Set("createEngine", Napi::Value(env, function));
  return exports;
}

}  // namespace

NODE_API_MODULE(uwsgi_node, init)
