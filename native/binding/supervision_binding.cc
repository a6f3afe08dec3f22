#include "native/binding/supervision_binding.h"

#include <string.h>

#include <string>
#include <vector>

#include "native/core/child_process.h"
#include "native/core/children.h"
#include "native/core/datagram.h"
#include "native/core/process_image.h"
#include "native/core/process_limits.h"

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

Napi::Value error_or_null(Napi::Env env, int error) {
  return error == 0 ? env.Null() : Napi::Value(Napi::String::New(env, strerror(error)));
}

Napi::Value pin_process_js(const Napi::CallbackInfo& info) {
  const auto given = info[0].As<Napi::Array>();
  std::vector<int> processors;
  for (uint32_t index = 0; index < given.Length(); ++index) {
    processors.push_back(given.Get(index).As<Napi::Number>().Int32Value());
  }
  return error_or_null(info.Env(), pin_process(processors));
}

Napi::Value limit_open_files_js(const Napi::CallbackInfo& info) {
  const auto count = static_cast<unsigned long>(info[0].As<Napi::Number>().Int64Value());
  return error_or_null(info.Env(), limit_open_files(count));
}

std::vector<std::string> strings(const Napi::Value& value) {
  const auto array = value.As<Napi::Array>();
  std::vector<std::string> texts;
  for (uint32_t index = 0; index < array.Length(); ++index) {
    texts.push_back(array.Get(index).As<Napi::String>());
  }
  return texts;
}

Napi::Value keep_across_exec_js(const Napi::CallbackInfo& info) {
  const int fd = info[0].As<Napi::Number>().Int32Value();
  return error_or_null(info.Env(), keep_across_exec(fd, info[1].As<Napi::Boolean>()));
}

Napi::Value replace_image_js(const Napi::CallbackInfo& info) {
  const std::string path = info[0].As<Napi::String>();
  return error_or_null(info.Env(), replace_image(path, strings(info[1]), strings(info[2])));
}

// { path, argv, env, cwd, descriptors, hasSession } -> pid
Napi::Value start_child_js(const Napi::CallbackInfo& info) {
  const auto given = info[0].As<Napi::Object>();
  const auto descriptors = given.Get("descriptors").As<Napi::Array>();
  ChildStart start{.path = given.Get("path").As<Napi::String>(),
                   .argv = strings(given.Get("argv")),
                   .env = strings(given.Get("env")),
                   .folder = given.Get("cwd").As<Napi::String>(),
                   .has_session = given.Get("hasSession").ToBoolean()};
  for (uint32_t index = 0; index < descriptors.Length(); ++index) {
    start.descriptors.push_back(descriptors.Get(index).As<Napi::Number>().Int32Value());
  }
  pid_t pid = 0;
  const int error = start_child(start, &pid);
  if (error == 0) return Napi::Number::New(info.Env(), pid);
  Napi::Error::New(info.Env(), "posix_spawn: " + std::string(strerror(error))).ThrowAsJavaScriptException();
  return {};
}

// null while it runs; else { code, signal }
Napi::Value collect_child_js(const Napi::CallbackInfo& info) {
  int number = 0;
  const ChildState state = collect_child(info[0].As<Napi::Number>().Int32Value(), &number);
  if (state == ChildState::running) return info.Env().Null();
  Napi::Object end = Napi::Object::New(info.Env());
  const auto value = Napi::Number::New(info.Env(), number);
  end.Set("code", state == ChildState::exited ? Napi::Value(value) : info.Env().Null());
  end.Set("signal", state == ChildState::killed ? Napi::Value(value) : info.Env().Null());
  return end;
}

}  // namespace

void export_supervision(Napi::Env env, Napi::Object exports) {
  exports.Set("sendDatagram", Napi::Function::New(env, send_datagram_js, "sendDatagram"));
  exports.Set("adoptsOrphans", Napi::Function::New(env, adopts_orphans_js, "adoptsOrphans"));
  exports.Set("pinProcess", Napi::Function::New(env, pin_process_js, "pinProcess"));
  exports.Set("limitOpenFiles", Napi::Function::New(env, limit_open_files_js, "limitOpenFiles"));
  exports.Set("keepAcrossExec", Napi::Function::New(env, keep_across_exec_js, "keepAcrossExec"));
  exports.Set("replaceImage", Napi::Function::New(env, replace_image_js, "replaceImage"));
  exports.Set("startChild", Napi::Function::New(env, start_child_js, "startChild"));
  exports.Set("collectChild", Napi::Function::New(env, collect_child_js, "collectChild"));
  exports.Set("reap", Napi::Function::New(env, reap_js, "reap"));
}

}  // namespace uwsgi_node
