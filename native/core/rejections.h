// What a peer is told when its request never reaches the application. A front server passes these on as they
// are.
#pragma once

#include <string_view>

#include "native/core/engine.h"

namespace uwsgi_node {

// The complete response, or nothing where no answer would be understood.
std::string_view response_to(Rejection reason);

}  // namespace uwsgi_node
