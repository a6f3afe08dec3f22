// A storm: peers and applications that do anything they may at any time, under the sanitizers. What must hold
// is what holds after it: every request had one outcome, every response that looks whole is whole, nothing is
// left open.
#include <sys/socket.h>

#include <algorithm>
#include <map>
#include <random>
#include <string>

#include "native/core/clock.h"
#include "native/core/engine.h"
#include "test/native/check.h"
#include "test/native/engine_rig.h"

namespace uwsgi_node::test {
namespace {

// One response: begins with its size, so that the reader can tell whether it has all of it.
std::string response_of(size_t size) { return std::to_string(size) + ":" + std::string(size, 'r'); }

bool is_whole(const std::string& received) {
  if (received.empty() || received.front() < '0' || received.front() > '9') return false;
  const size_t colon = received.find(':');
  return colon != std::string::npos && received.size() - colon - 1 == std::stoul(received.substr(0, colon));
}

class Storm {
 public:
  Storm(Listener::Kind kind, uint32_t seed) : rig_(kind, settings()), random_(seed) {
    rig_.application = [this](Connection& connection, const Request& request) {
      on_request(connection, request);
    };
    rig_.writable = [this](Connection& connection) { go_on(connection); };
    rig_.data = [this](Connection& connection, Bytes chunk) { on_data(connection, chunk); };
  }

  void run(int steps) {
    for (int i = 0; i < steps; ++i) {
      disturb();
      rig_.turn();
      forget_the_gone();
      forget_the_served();
      CHECK(rig_.engine.open_requests() <= settings().max_requests + 1);
    }
    calm();
  }

  size_t whole = 0;

 private:
  struct Running {
    std::string rest;  // of the response
    bool begun = false;
    bool reads = false;   // an answer to want_body is due
    uint32_t generation;  // of the connection: ids are used again
  };

  static EngineSettings settings() {
    EngineSettings settings = Rig::quick();
    settings.post_buffering = 1000;
    settings.limit_post = 300'000;
    settings.buffer_size = 20'000;
    settings.max_requests = 12;
    settings.drain_bytes = 50'000;
    return settings;
  }

  size_t dice(size_t sides) { return random_() % sides; }

  // --- peers
  void disturb() {
    if (rig_.peers.size() < 20 && dice(2) == 0) rig_.connect().send(some_bytes());
    if (rig_.peers.empty()) return;
    Peer& peer = rig_.peers[dice(rig_.peers.size())];
    switch (dice(12)) {
      case 0:
        return peer.leave();
      case 1:
        return peer.end_sending();
      case 2:
        peer.reads = !peer.reads;
        return;
      case 3:
        return peer.reset();
      case 4:
        return peer.send(std::string(dice(5000), 'x'));
      default:
        return settle_one(dice(connections()));
    }
  }

  std::string some_bytes() {
    std::string bytes = dice(3) == 0 ? packet({{"A", std::string(dice(30'000), 'v')}})
                                     : post(std::string(dice(4) == 0 ? dice(400'000) : dice(2000), 'b'));
    if (dice(6) == 0) bytes[dice(std::min<size_t>(bytes.size(), 40))] ^= static_cast<char>(1 << dice(8));
    if (dice(4) == 0) bytes.resize(dice(bytes.size()));
    return bytes;
  }

  // --- the application
  size_t connections() const { return running_.size() + 1; }

  void on_request(Connection& connection, const Request& request) {
    forget_the_gone();
    CHECK(!running_.contains(connection.id));
    Running& state = running_[connection.id];
    state = {.rest = response_of(dice(3) == 0 ? dice(600'000) : dice(2000)),
             .generation = connection.generation};
    if (dice(4) == 0) {
      const int bytes = 4096;
      setsockopt(connection.fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
    }
    if (request.streams && dice(2) == 0) return ask(connection, state);
    if (dice(2) == 0) settle(connection);
  }

  void ask(Connection& connection, Running& state) {
    state.reads = true;
    rig_.engine.want_body(connection);
  }

  void on_data(Connection& connection, Bytes chunk) {
    Running& state = running_.at(connection.id);
    CHECK(state.reads);
    state.reads = false;
    if (!chunk.empty() && dice(3) != 0) return ask(connection, state);
    settle(connection);
  }

  void settle_one(size_t which) {
    if (which >= running_.size()) return;
    const auto chosen = std::next(running_.begin(), static_cast<ptrdiff_t>(which));
    Connection& connection = rig_.engine.connection(chosen->first);
    if (connection.generation == chosen->second.generation && !chosen->second.reads) settle(connection);
  }

  // Does one of the things an application does next.
  void settle(Connection& connection) {
    Running& state = running_.at(connection.id);
    if (state.begun) return go_on(connection);
    const std::string all = state.rest;
    switch (dice(5)) {
      case 0:
        running_.erase(connection.id);
        return rig_.engine.abort(connection);
      case 1:
        if (connection.body_left() > 0) return read_some(connection);
        [[fallthrough]];
      case 2:
        state.begun = true;
        return go_on(connection);
      default:
        running_.erase(connection.id);
        return dice(2) == 0 ? rig_.engine.respond(connection, borrowed(all), {})
                            : rig_.engine.respond(connection, {}, owned(all, &alive_));
    }
  }

  void read_some(Connection& connection) {
    uint8_t buffer[5000];
    size_t got;
    // Only what is here: nobody sends while this thread waits.
    if (connection.begin < connection.end) rig_.engine.read_body(connection, buffer, sizeof buffer, &got);
  }

  void go_on(Connection& connection) {
    const auto found = running_.find(connection.id);
    if (found == running_.end()) return;
    std::string& rest = found->second.rest;
    while (!rest.empty()) {
      const std::string chunk = rest.substr(0, 1 + dice(40'000));
      rest.erase(0, chunk.size());
      const WriteResult result =
          rig_.engine.write(connection, {}, dice(2) ? borrowed(chunk) : owned(chunk, &alive_));
      if (result == WriteResult::kDead) {
        running_.erase(connection.id);
        return;
      }
      if (result == WriteResult::kAgain && dice(4) != 0) return;
    }
    running_.erase(connection.id);
    rig_.engine.finish(connection);
  }

  // --- bookkeeping
  void forget_the_gone() {
    for (const uint32_t id : rig_.gone) running_.erase(id);
    rig_.gone.clear();
  }

  void forget_the_served() {
    while (!rig_.peers.empty() && (rig_.peers.front().ended || rig_.peers.front().fd() < 0)) {
      if (is_whole(rig_.peers.front().received)) ++whole;
      rig_.peers.pop_front();
    }
  }

  // Everybody reads, every request is answered: all of it has to end.
  void calm() {
    for (Peer& peer : rig_.peers) peer.reads = true;
    rig_.until(
        [&] {
          forget_the_gone();
          forget_the_served();
          for (size_t i = 0; i < running_.size(); ++i) settle_one(i);
          for (Peer& peer : rig_.peers) peer.end_sending();
          return rig_.engine.open_requests() == 0 && running_.empty();
        },
        "calm");
    CHECK_EQ(alive_, 0);
    rig_.settle();
    CHECK(rig_.listening);
    CHECK(!rig_.ticking);
  }

  Rig rig_;
  std::mt19937 random_;
  std::map<uint32_t, Running> running_;
  int alive_ = 0;
};

const bool storms = [] {
  for (const auto kind : kBothKinds) {
    for (uint32_t seed = 1; seed <= 2; ++seed) {
      add_case("a storm, " + std::string(name_of(kind)) + ", seed " + std::to_string(seed), [=] {
        Storm storm(kind, seed);
        storm.run(1000);
        // It was not so wild that nothing went well.
        CHECK(storm.whole > 10);
      });
    }
  }
  return true;
}();

}  // namespace
}  // namespace uwsgi_node::test
