// The engine: accept → read → parse → application → respond → accept, in one thread, without a thread of its
// own.
//
// It knows epoll and sockets; it does not know who runs the loop. The owner waits on the listeners (the
// engine only says when it wants them) and on fd(), and calls serve(), run() and tick(). Everything the
// engine has to say goes to an EngineHost. One engine belongs to one thread; only wake() may be called from
// others.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "native/core/bytes.h"
#include "native/core/connection.h"
#include "native/core/protocol/vars.h"
#include "native/core/var_layouts.h"

namespace uwsgi_node {

// Why a connection was answered or dropped without the application.
enum class Rejection : uint8_t {
  kMalformed,         // 400; detail: InvalidReason
  kHttp,              // 400; HTTP on a uwsgi port
  kTls,               // closed; TLS on a uwsgi port
  kTooSlow,           // 408; detail: bytes received
  kBodyTooLarge,      // 413; detail: CONTENT_LENGTH
  kVarsTooLarge,      // 431; detail: size of the vars block
  kModifier,          // closed; detail: modifier1
  kTruncated,         // closed; the peer ended inside the packet; detail: bytes received
  kOutOfDescriptors,  // nothing accepted for a while; detail: errno
  kStopped,           // 503; the thread ends with the request unanswered
  kHarakiri,          // 504; the application has not answered in time
};

struct EngineSettings {
  size_t buffer_size = 65536;     // largest vars block
  size_t post_buffering = 65536;  // largest body that is complete before the application runs
  uint64_t limit_post = 0;        // largest body; 0: any
  uint64_t read_timeout_ms = 4000;
  // A reader may be slow for as long as nginx lets a client be (send_timeout, 60 s).
  uint64_t write_timeout_ms = 60000;
  uint32_t max_requests = 1000;  // unfinished requests at which accepting stops
  uint64_t harakiri_ms = 0;      // what the application has for a request; 0: any
  int exchange = -1;             // where kept connections go when the engine ends; -1: they are closed
  bool shares = false;           // and where some go when they all have requests: there are other engines
  // How long, and how much, of an unread request body is read away behind the response. nginx looks for a
  // response only between two of its writes, and takes a reset for the answer.
  uint64_t drain_ms = 2000;
  uint64_t drain_bytes = 64 * 1024 * 1024;
};

// A request as the application gets it. Views live until on_request returns.
struct Request {
  Bytes vars;
  uint32_t count;     // of vars: entries of the engine's places
  VarsMatch match;    // which they are, told by the engine's names as well
  Bytes body;         // the complete body, or what has come of a streamed one
  bool streams;       // the body is read with read_body or want_body
  uint8_t modifier1;  // 0 or 30
  bool needs_path;    // there is no PATH_INFO, as with the stock params of FastCGI and SCGI
  RequestNote note;
};

class EngineHost {
 public:
  virtual ~EngineHost() = default;
  virtual void on_request(Connection& connection, const Request& request) = 0;
  // Room again after a write that answered kAgain.
  virtual void on_writable(Connection& connection) = 0;
  // What want_body asked for. Empty: the end of the body.
  virtual void on_data(Connection& connection, Bytes chunk) = 0;
  // The peer went away with the request unanswered. The connection is freed after this.
  virtual void on_gone(Connection& connection) = 0;
  virtual void on_rejected(Rejection reason, Protocol protocol, int fd, uint64_t detail) = 0;
  // The application had a request for too long: its peer has been answered, or reset. The connection is
  // freed.
  virtual void on_expired(Connection&, std::string_view note) { static_cast<void>(note); }
  // The thread ends with the request unanswered, for kStopped or kHarakiri.
  virtual void on_unanswered(const Connection& connection, Rejection reason) {
    on_rejected(reason, connection.protocol, connection.fd, 0);
  }
  // When this has passed (monotonic_ms), and no other has been told since, the thread is stuck: for whoever
  // can still act then. 0: nothing is waited for.
  virtual void on_deadline(uint64_t at_ms) { static_cast<void>(at_ms); }
  // Nobody waits for the place of a request that takes too long: it may go on for now.
  virtual bool harakiri_rests() const { return false; }
  // For who counts: the peer left in the midst of a request body or a response, or was given up there.
  virtual void on_read_error() {}
  virtual void on_write_error() {}
  // The owner starts or stops to wait on the listeners.
  virtual void listen_to_new(bool wanted) = 0;
  // What this listener has is nothing for this engine, for so long: the owner need not wait on it.
  virtual void look_away(int listener, uint64_t ms) { static_cast<void>(listener), static_cast<void>(ms); }
  // The owner calls tick() about four times a second while this holds.
  virtual void tick_wanted(bool wanted) = 0;
  // False once the thread must not run the application any more.
  virtual bool alive() const = 0;
};

enum class ReadResult : uint8_t { kData, kEnd, kTimeout, kGone };

class Engine {
 public:
  // Never fails for want of a listener; fd() is -1 when the kernel gave no epoll or eventfd. `places` and
  // `names` have room for kMaxVars.
  Engine(EngineHost& host, const EngineSettings& settings, VarPlace* places, uint16_t* names);
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;
  ~Engine();

  int fd() const { return epoll_fd_; }
  uint32_t open_requests() const { return open_ - idle_; }
  uint64_t accepted() const { return accepted_.load(std::memory_order_relaxed); }
  bool accepting() const { return accepting_; }

  void add_listener(int fd, bool unix_socket, Protocol protocol = Protocol::kUwsgi);
  // The other end of an exchange: connections that engines have left are taken from it, as from a listener.
  void add_exchange(int fd);
  // A listener is readable: accepts and runs until nothing waits or the slice is spent.
  void serve(int listener_fd);
  // fd() is readable: connections that were waiting, and wake-ups.
  void run();
  // Deadlines and back-off.
  void tick();
  // Makes another thread's engine try its listeners. The only call from outside its thread.
  void wake();

  // Takes in what waits (an exclusive wake-up may have been ours), then accepts no more. Kept connections go
  // when they have no request: to other engines where there are such, else they are closed once what their
  // peers have sent by then is answered.
  void stop_accepting(bool hand_over = false);
  // The thread dies: answers what is open with 503, resets what is half answered, closes everything.
  void abandon();

  // The application's side. `id` is a running connection's; of one that is gone, nothing happens and nobody
  // reads.
  Connection& connection(uint32_t id) { return *connections_[id]; }
  // The whole response; ends the request.
  void respond(Connection& connection, Segment head, Segment body);
  // A piece of the response; with `last` its end as well.
  WriteResult write(Connection& connection, Segment first, Segment second, bool last = false);
  // The whole response, whose body is a regular file from this place on or, if that is negative, from its
  // current position, `most` bytes of it or, if that is negative, up to its end; ends the request. Returns
  // the size of the body; -1, and nothing has happened, where the file is of another kind or too short.
  int64_t send_file(Connection& connection, Segment head, int file, int64_t from, int64_t most);
  void finish(Connection& connection);
  // The response cannot be completed; resets the connection.
  void abort(Connection& connection);
  // Blocks until there is at least one byte, the end, or the read timeout. `into` holds `size` bytes.
  ReadResult read_body(Connection& connection, uint8_t* into, size_t size, size_t* got);
  // Asks for one on_data.
  void want_body(Connection& connection);
  // From here on the connection is a pipe (WebSockets): its body lasts until the peer ends its side, may
  // pause for as long as it likes, and it is no unfinished request in the sense of `max_requests`. False
  // where the protocol does not allow it (FastCGI).
  bool upgrade(Connection& connection);

 private:
  // epoll_event.data of the wake-up eventfd; connections use their names.
  static constexpr uint64_t kWake = UINT64_MAX;
  // A turn lasts so long, so that the rest of the thread's event loop (timers, database sockets) gets its
  // share; whatever still waits makes the next turn start at once.
  static constexpr uint64_t kTurnNs = 1'000'000;
  // Between two offers of an engine; longer than one stands.
  static constexpr uint64_t kShortestPauseNs = 20'000'000;

  struct Listener {
    int fd;
    bool unix_socket;
    Protocol protocol;
    bool is_exchange = false;
  };
  // A vars block, and what it says.
  struct ReadVars {
    const VarsFormat& format;
    Bytes block;
    Vars vars;
  };
  enum class BodyRead : uint8_t { kData, kAgain, kEnd, kGone };
  enum class Taken : uint8_t { kOk, kAborted, kInvalid, kGone };

  // While the application runs for a connection. A thread that is terminated there never leaves it.
  class Turn {
   public:
    Turn(Engine& engine, Connection& connection);
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    ~Turn();

   private:
    Engine& engine_;
  };

  Connection& open(int fd, const Listener& listener);
  void forget_request(Connection& connection);
  void close(Connection& connection);
  bool accept_one(const Listener& listener);
  void first_read(Connection& connection);
  void take_first(Connection& connection, ssize_t got, bool waits);
  bool comes_soon(const Connection& connection);
  void more(Connection& connection);
  // `bytes` is all that has come of the packet so far.
  void consider(Connection& connection, MutableBytes bytes);
  void consider_uwsgi(Connection& connection, Bytes bytes);
  void consider_scgi(Connection& connection, Bytes bytes);
  void consider_packet(Connection& connection, Bytes bytes, size_t body_at, const ReadVars& read,
                       uint8_t modifier1);
  void consider_fastcgi(Connection& connection, MutableBytes bytes);
  bool read_fastcgi_head(Connection& connection, MutableBytes bytes);
  bool answer_fastcgi(Connection& connection, const fastcgi::Progress& progress);
  void keep_fastcgi_head(Connection& connection, MutableBytes bytes, size_t wanted);
  void keep_fastcgi_body(Connection& connection, MutableBytes block, MutableBytes body);
  // Takes the body out of records: its bytes are then the first `*body` of `records`. Ends nothing: whoever
  // calls may be the application, which has the request until it answers.
  Taken take_stdin(Connection& connection, MutableBytes records, size_t* body);
  BodyRead read_body_bytes(Connection& connection, uint8_t* into, size_t size, size_t* got);
  BodyRead read_body_records(Connection& connection, uint8_t* into, size_t size, size_t* got);
  void watch_peer(Connection& connection);
  void abort_request(Connection& connection);
  bool take_over_one(int exchange);
  bool may_share(const Connection& connection) const;
  bool share(Connection& connection);
  bool may_take_over(int exchange);
  void note_taken_back();
  void note_load(int ready);
  void rest(Connection& connection);
  void leave(Connection& connection);
  void take_last(Connection& connection);
  void let_go(Connection& connection);
  void unpark();
  void begin_request(Connection& connection);
  void read_next(Connection& connection);
  bool tell(Connection& connection, Bytes record);
  bool reply(Connection& connection, Bytes record);
  bool refuse(Connection& connection, uint16_t id, fastcgi::EndStatus status);
  WriteResult send(Connection& connection, Segment first, Segment second, bool last);
  void keep(Connection& connection, Bytes bytes, size_t total);
  void run_application(Connection& connection, const ReadVars& read, Bytes body, bool streams,
                       uint8_t modifier1 = 0);
  void run_application(Connection& connection, const Request& request);
  void answer_ping(Connection& connection);
  void reject(Connection& connection, InvalidReason reason);
  void reject(Connection& connection, Rejection reason, uint64_t detail);
  void finish_sent(Connection& connection);
  void end_of_response(Connection& connection);
  void turn_away(Connection& connection, Rejection reason);
  void gone(Connection& connection);
  void flush(Connection& connection);
  void drain(Connection& connection);
  void deliver_body(Connection& connection);
  bool deliver_chunk(Connection& connection);
  void dispatch(Connection& connection, uint32_t events);
  void serve_all();
  void arm(Connection& connection, uint32_t events);
  void disarm(Connection& connection);
  void await_read(Connection& connection);
  void await_write(Connection& connection);
  void await_application(Connection& connection);
  void rearm(Connection& connection);
  void watch(Connection& connection, bool waits_for_peer);
  void expire_due(uint64_t now_ms);
  void expire(Connection& connection);
  Rejection why_unanswered(const Connection& connection, uint64_t now_ms) const;
  void publish_deadline();
  void back_off(int error);
  void update_accepting();
  void update_tick();
  // Connections with a request, but for those that became pipes.
  uint32_t busy() const { return open_ - upgraded_ - idle_; }

  EngineHost& host_;
  const EngineSettings settings_;
  VarPlace* places_;
  uint16_t* names_;
  VarLayouts layouts_;
  int epoll_fd_ = -1;
  int wake_fd_ = -1;
  std::vector<Listener> listeners_;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::vector<uint32_t> free_;
  DeadlineList reading_;
  DeadlineList writing_;
  DeadlineList draining_;
  DeadlineList harakiri_;
  const Connection* running_ = nullptr;  // whom the application runs for
  uint64_t turn_ms_ = 0;                 // since when
  uint64_t published_ms_ = 0;            // what on_deadline was told last
  uint64_t rests_until_ms_ = 0;          // nobody is called late before; looked at anew with every tick
  std::unique_ptr<uint8_t[]> receive_;
  std::atomic<uint64_t> accepted_{0};
  uint32_t open_ = 0;
  uint32_t upgraded_ = 0;     // of them
  uint32_t idle_ = 0;         // of them
  uint32_t parked_ = 0;       // of the idle ones
  uint64_t retry_at_ms_ = 0;  // accepting again after EMFILE; 0: not backing off
  uint64_t impatient_until_ms_ = 0;
  uint32_t load_ = 0;                           // see note_load
  uint64_t name_ = 0;                           // among all that offer connections
  uint64_t share_at_ns_ = 0;                    // not before another connection is offered
  uint64_t share_pause_ns_ = kShortestPauseNs;  // and how long after that one
  bool offer_is_out_ = false;                   // the last one; false: it was taken back
  bool stopped_ = false;
  bool hands_over_ = true;      // when it dies as well
  bool waits_for_room_ = true;  // in the exchange
  bool accepting_ = true;
  bool ticking_ = false;
  bool serving_ = false;
};

}  // namespace uwsgi_node
