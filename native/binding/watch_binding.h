// watchReadable(fds, callback): calls back once when one of the descriptors can be read from.
#pragma once

#include <napi.h>

namespace uwsgi_node {

void export_watch(Napi::Env env, Napi::Object exports);

}  // namespace uwsgi_node
