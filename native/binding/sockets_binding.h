// Sockets and descriptors for the master and the HTTP front: none of it on the per-request path.
#pragma once

#include <napi.h>

namespace uwsgi_node {

// Adds the functions of NativeSockets in src/native.ts.
void export_sockets(Napi::Env env, Napi::Object exports);

}  // namespace uwsgi_node
