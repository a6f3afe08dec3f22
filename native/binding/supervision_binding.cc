#include "native/binding/supervision_binding.h"

#include <string.h>

#include <string>

#include "native/core/children.h"
#include "native/core/datagram.h"

namespace uwsgi_node {
namespace {

Napi::Value send_datagram_js(const Napi::CallbackInfo& info) {
  const std::string address = info[0].As<Napi::String>();
  const std::string text = info[1].As<Napi::String>();
  const int error = send_datagram(address, text);
  if (error == 0) return info.Env().Null();
  return Napi::String::New(info.Env(), strerror(error));
}

Napi::Value adopts_orphans_js(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), adopts_orphans());
}

Napi::Value reap_js(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), reap(info[0].As<Napi::Number>().Int32Value()));
}

}  // namespace

void export_supervision(Napi::Env env, Napi::Object exports) {
  exports.Set("sendDatagram", Napi::Function::New(env, send_datagram_js, "sendDatagram"));
  exports.Set("adoptsOrphans", Napi::Function::New(env, adopts_orphans_js, "adoptsOrphans"));
  exports.Set("reap", Napi::Function::New(env, reap_js, "reap"));
}

}  // namespace uwsgi_node
