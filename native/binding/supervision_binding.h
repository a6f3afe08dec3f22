// What the master needs of the system to be a good child of its service manager and a good process 1.
#pragma once

#include <napi.h>

namespace uwsgi_node {

// Adds the functions of NativeSupervision in src/native.ts.
void export_supervision(Napi::Env env, Napi::Object exports);

}  // namespace uwsgi_node
