// The few conversions between JavaScript values and C++ that the per-request path needs, as raw Node-API: a
// call each, no wrapper object, no exception bookkeeping.
#pragma once

#include <node_api.h>

#include <string_view>

namespace uwsgi_node {

class HandleScope {
 public:
  explicit HandleScope(napi_env env) : env_(env) { napi_open_handle_scope(env_, &scope_); }
  HandleScope(const HandleScope&) = delete;
  HandleScope& operator=(const HandleScope&) = delete;
  ~HandleScope() { napi_close_handle_scope(env_, scope_); }

 private:
  napi_env env_;
  napi_handle_scope scope_;
};

inline napi_value make_number(napi_env env, double number) {
  napi_value value;
  napi_create_double(env, number, &value);
  return value;
}

inline napi_value make_string(napi_env env, std::string_view latin1) {
  napi_value value;
  napi_create_string_latin1(env, latin1.data(), latin1.size(), &value);
  return value;
}

inline uint32_t get_uint32(napi_env env, napi_value value) {
  uint32_t number = 0;
  napi_get_value_uint32(env, value, &number);
  return number;
}

inline napi_value get_property(napi_env env, napi_value object, const char* name) {
  napi_value value = nullptr;
  napi_get_named_property(env, object, name, &value);
  return value;
}

inline double number_property(napi_env env, napi_value object, const char* name) {
  double number = 0;
  napi_get_value_double(env, get_property(env, object, name), &number);
  return number;
}

}  // namespace uwsgi_node
