// The shared scoreboard (native/core/scoreboard.h) as JavaScript sees it.
#pragma once

#include <napi.h>

#include "native/core/scoreboard.h"

namespace uwsgi_node {

// The calling thread's: the engine counts its requests with it, without a call from JavaScript.
ScoreKeeper& score_keeper();

void export_scoreboard(Napi::Env env, Napi::Object exports);

}  // namespace uwsgi_node
