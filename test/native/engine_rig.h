// An engine under test: real sockets, a loop that stands in for libuv's, and peers in the same thread, so
// that a test decides who moves next. The application is a function.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "native/core/engine.h"

namespace uwsgi_node::test {

using Vars = std::vector<std::pair<std::string, std::string>>;

// A whole packet, body included; CONTENT_LENGTH is up to the caller.
std::string packet(const Vars& vars, std::string_view body = "", uint8_t modifier1 = 0);
// A request with a body, and the CONTENT_LENGTH it takes.
std::string post(std::string_view body);
// The same without the body, which will be so long.
std::string post_of(size_t size);

// A listener with an address of its own.
class Listener {
 public:
  enum class Kind { kUnix, kTcp };

  explicit Listener(Kind kind);
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  ~Listener();

  int fd() const { return fd_; }
  bool is_unix() const { return kind_ == Kind::kUnix; }
  // A connected, non-blocking socket.
  int connect() const;

 private:
  Kind kind_;
  int fd_;
  std::string name_;
};

constexpr Listener::Kind kBothKinds[] = {Listener::Kind::kUnix, Listener::Kind::kTcp};
const char* name_of(Listener::Kind kind);

// The other end of a connection. Nothing blocks; what has come is fetched by Rig::turn.
class Peer {
 public:
  explicit Peer(const Listener& listener) : fd_(listener.connect()) {}
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;
  ~Peer() { leave(); }

  // Queues bytes; they go out as fast as the engine takes them.
  void send(std::string_view bytes) { outgoing_ += bytes; }
  // Queues so many bytes without a meaning, behind everything else: many megabytes need no memory.
  void send_filling(size_t size) { filling_ += size; }
  // Writes what is queued now, as far as the socket takes it.
  void push();
  // Reads what has come, unless told not to read.
  void pull();
  // Ends its own sending, once everything queued is out.
  void end_sending() { ends_ = true; }
  void leave();
  // Leaves with a reset (TCP only).
  void reset();

  bool reads = true;
  std::string received;
  bool ended = false;      // the engine has closed
  bool was_reset = false;  // and not in order
  int fd() const { return fd_; }
  bool all_sent() const { return outgoing_.empty() && filling_ == 0; }

 private:
  void drop_queue();

  int fd_;
  std::string outgoing_;
  size_t filling_ = 0;
  bool ends_ = false;
};

// A request as the application saw it.
struct Seen {
  uint32_t id;
  std::string vars;
  uint32_t count;
  std::string body;
  bool streams;
  uint8_t modifier1;
};

struct Rejected {
  Rejection reason;
  uint64_t detail;
};

class Rig : public EngineHost {
 public:
  explicit Rig(Listener::Kind kind = Listener::Kind::kUnix, const EngineSettings& settings = patient());
  ~Rig() override;

  // No patience of the engine's ends before the test's own.
  static EngineSettings patient();
  // For tests of its end: short enough to wait for.
  static EngineSettings quick();

  Peer& connect();
  // Everybody does what they can: peers send and receive, the engine serves, time passes.
  void turn();
  // Turns until `done`, at most five seconds of the time that this process has. Fails the test after that.
  void until(const std::function<bool()>& done, const char* what);
  // Turns often enough for everything that can happen without time passing.
  void settle();
  // Connects, sends, and waits for the engine to close.
  std::string exchange(std::string_view bytes);

  // The application's side; answers with a fixed response by default.
  std::function<void(Connection&, const Request&)> application;
  std::function<void(Connection&)> writable = [](Connection&) {};
  std::function<void(Connection&, Bytes)> data = [](Connection&, Bytes) {};

  std::vector<Seen> seen;
  std::vector<Rejected> rejected;
  std::vector<uint32_t> gone;
  std::vector<std::string> expired;  // notes
  uint64_t deadline = 0;             // told last
  bool listening = true;             // the engine wants its listener to be watched
  bool ticking = false;
  bool is_alive = true;
  bool rests = false;  // harakiri
  int serves = 0;      // times the listener was readable and wanted

  Listener listener;
  std::deque<Peer> peers;
  std::vector<VarPlace> places;
  std::vector<uint16_t> names;
  Engine engine;

 private:
  void on_request(Connection& connection, const Request& request) override;
  void on_writable(Connection& connection) override { writable(connection); }
  void on_data(Connection& connection, Bytes chunk) override { data(connection, chunk); }
  void on_gone(Connection& connection) override { gone.push_back(connection.id); }
  void on_rejected(Rejection reason, Protocol protocol, int fd, uint64_t detail) override;
  void on_expired(Connection&, std::string_view note) override { expired.emplace_back(note); }
  void on_deadline(uint64_t at_ms) override { deadline = at_ms; }
  bool harakiri_rests() const override { return rests; }
  void listen_to_new(bool wanted) override { listening = wanted; }
  void tick_wanted(bool wanted) override { ticking = wanted; }
  bool alive() const override { return is_alive; }
};

inline constexpr std::string_view kHello = "HTTP/1.1 200 OK\r\n\r\nhello";

// A case for each kind of listener.
void both(const char* what, void (*body)(Rig&), const EngineSettings& settings = Rig::patient());
EngineSettings changed(EngineSettings settings, void (*change)(EngineSettings&));

// A small request.
extern const std::string kGet;
std::string repeat(char byte, size_t times);
// 20 MB, more than the buffers of a socket take; made once.
std::string_view large();

// A segment that lives only during the call.
Segment borrowed(std::string_view text);
// A segment that owns its bytes, and counts in *alive how many such segments there are.
Segment owned(std::string text, int* alive);

}  // namespace uwsgi_node::test
