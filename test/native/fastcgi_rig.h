// An engine under test with a listener for FastCGI as well.
#pragma once

#include <functional>
#include <string_view>

#include "test/native/engine_rig.h"
#include "test/native/fastcgi_records.h"

namespace uwsgi_node::test {

class FastcgiRig : public Rig {
 public:
  explicit FastcgiRig(const EngineSettings& settings = patient()) : Rig(Listener::Kind::kUnix, settings) {
    // The rig's own listener speaks uwsgi.
    engine.add_listener(fastcgi_listener.fd(), true, Protocol::kFastcgi);
  }
  Peer& open() { return peers.emplace_back(fastcgi_listener); }
  void wait(const std::function<bool()>& done, const char* what) {
    until(
        [&] {
          engine.serve(fastcgi_listener.fd());
          return done();
        },
        what);
  }
  Answer ask(Peer& peer, std::string_view bytes, int ends = 1) {
    peer.send(bytes);
    wait([&] { return read_records(peer.received).ends >= ends || peer.ended; }, "an answer");
    return read_records(peer.received);
  }

  Listener fastcgi_listener{Listener::Kind::kUnix};
};

}  // namespace uwsgi_node::test
