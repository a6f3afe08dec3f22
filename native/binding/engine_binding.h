// An engine as JavaScript sees it: one per environment (JS thread) that asks for one.
#pragma once

#include <node_api.h>

namespace uwsgi_node {

// createEngine(options, handlers, places, names, facts): see NativeEngine in src/native.ts.
napi_value create_engine(napi_env env, napi_callback_info info);

}  // namespace uwsgi_node
