// The shared scoreboard (native/core/scoreboard.h) as JavaScript sees it.
#pragma once

#include <napi.h>

namespace uwsgi_node {

void export_scoreboard(Napi::Env env, Napi::Object exports);

}  // namespace uwsgi_node
