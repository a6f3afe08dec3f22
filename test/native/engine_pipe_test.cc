// Connections that are more than a request and a response: upgraded ones, and responses that are files.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "native/core/clock.h"
#include "native/core/engine.h"
#include "test/native/check.h"
#include "test/native/engine_rig.h"

namespace uwsgi_node::test {
namespace {

// An application that upgrades and sends back what it gets; at the end of that, or of `most` bytes, it ends.
void echo(Rig& rig, size_t most = SIZE_MAX) {
  rig.application = [&rig](Connection& connection, const Request&) {
    rig.engine.upgrade(connection);
    rig.engine.write(connection, borrowed("101 "), {});
    rig.engine.want_body(connection);
  };
  rig.data = [&rig, most, got = size_t{0}](Connection& connection, Bytes chunk) mutable {
    got += chunk.size();
    if (!chunk.empty()) {
      rig.engine.write(connection, {}, {chunk.data(), chunk.size(), nullptr, nullptr});
      if (got < most) return rig.engine.want_body(connection);
    }
    rig.engine.finish(connection);
  };
}

const bool registered = [] {
  for (const auto kind : kBothKinds) {
    const std::string where = std::string(", ") + name_of(kind);
    add_case("a pipe carries bytes both ways until its peer has no more" + where, [=] {
      Rig rig(kind);
      echo(rig);
      Peer& peer = rig.connect();
      peer.send(kGet);
      rig.until([&] { return peer.received == "101 "; }, "the answer");
      peer.send("one ");
      rig.until([&] { return peer.received == "101 one "; }, "the echo");
      peer.send("two");
      peer.end_sending();
      rig.until([&] { return peer.ended; }, "the end");
      CHECK_EQ(peer.received, "101 one two");
      CHECK_EQ(rig.engine.open_requests(), 0u);
      CHECK(rig.gone.empty());
    });

    add_case("a pipe may be silent for as long as it likes" + where, [=] {
      Rig rig(kind, Rig::quick());
      echo(rig);
      Peer& peer = rig.connect();
      peer.send(kGet);
      rig.until([&] { return peer.received == "101 "; }, "the answer");
      const uint64_t later = monotonic_ms() + 4 * Rig::quick().read_timeout_ms;
      rig.until([&] { return monotonic_ms() > later; }, "a while");
      CHECK(!peer.ended);
      peer.send("still here");
      rig.until([&] { return peer.received == "101 still here"; }, "the echo");
    });

    add_case("the application may end a pipe" + where, [=] {
      Rig rig(kind);
      echo(rig, 3);
      Peer& peer = rig.connect();
      peer.send(kGet + "");
      rig.until([&] { return peer.received == "101 "; }, "the answer");
      peer.send("bye");
      rig.until([&] { return peer.ended; }, "the end");
      CHECK_EQ(peer.received, "101 bye");
      peer.leave();
      rig.until([&] { return rig.engine.open_requests() == 0; }, "the connection is let go of");
    });

    add_case("what the peer of a pipe said before it left is read" + where, [=] {
      Rig rig(kind);
      uint32_t id = 0;
      std::string heard;
      bool over = false;
      rig.application = [&](Connection& connection, const Request&) {
        id = connection.id;
        rig.engine.upgrade(connection);
        rig.engine.write(connection, borrowed("101 "), {});
      };
      rig.data = [&](Connection& connection, Bytes chunk) {
        heard += as_text(chunk);
        over = chunk.empty();
        if (over) return rig.engine.finish(connection);
        rig.engine.want_body(connection);
      };
      Peer& peer = rig.connect();
      peer.send(kGet);
      rig.until([&] { return peer.received == "101 "; }, "the answer");
      peer.send("last words");
      peer.push();
      peer.leave();
      rig.settle();
      CHECK_EQ(rig.engine.open_requests(), 1u);
      rig.engine.want_body(rig.engine.connection(id));
      rig.until([&] { return over; }, "the end");
      CHECK_EQ(heard, "last words");
      CHECK_EQ(rig.engine.open_requests(), 0u);
    });
  }
  return true;
}();

CASE("pipes are no unfinished requests: at max_requests others are still accepted") {
  EngineSettings settings = Rig::quick();
  settings.max_requests = 2;
  Rig rig(Listener::Kind::kUnix, settings);
  echo(rig);
  for (int i = 0; i < 3; ++i) {
    Peer& peer = rig.connect();
    peer.send(kGet);
    rig.until([&] { return peer.received == "101 "; }, "the answer");
  }
  rig.application = [&](Connection& connection, const Request&) {
    rig.engine.respond(connection, borrowed(kHello), {});
  };
  CHECK_EQ(rig.exchange(kGet), kHello);
  CHECK_EQ(rig.engine.open_requests(), 3u);
}

// A regular file with these bytes, in memory.
class File {
 public:
  explicit File(std::string_view bytes) : fd_(memfd_create("body", MFD_CLOEXEC)) {
    CHECK_EQ(write(fd_, bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
    lseek(fd_, 0, SEEK_SET);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() { close(fd_); }
  int fd() const { return fd_; }

 private:
  int fd_;
};

CASE("a file is sent from its position or another to its end, or as far as asked") {
  Rig rig;
  const File file("0123456789");
  int64_t from = -1;
  int64_t most = -1;
  int64_t size = 0;
  rig.application = [&](Connection& connection, const Request&) {
    size = rig.engine.send_file(connection, borrowed("head "), file.fd(), from, most);
  };
  CHECK_EQ(rig.exchange(kGet), "head 0123456789");
  CHECK_EQ(size, 10);
  lseek(file.fd(), 4, SEEK_SET);
  CHECK_EQ(rig.exchange(kGet), "head 456789");
  most = 2;
  CHECK_EQ(rig.exchange(kGet), "head 45");
  from = 7;
  CHECK_EQ(rig.exchange(kGet), "head 78");
  most = -1;
  CHECK_EQ(rig.exchange(kGet), "head 789");
  CHECK_EQ(lseek(file.fd(), 0, SEEK_CUR), 4);
}

CASE("a file that is too short, or none, is left to the caller") {
  Rig rig;
  const File file("short");
  int ends[2];
  CHECK_EQ(pipe(ends), 0);
  rig.application = [&](Connection& connection, const Request&) {
    CHECK_EQ(rig.engine.send_file(connection, borrowed("head"), file.fd(), -1, 6), -1);
    CHECK_EQ(rig.engine.send_file(connection, borrowed("head"), file.fd(), 3, 3), -1);
    CHECK_EQ(rig.engine.send_file(connection, borrowed("head"), ends[0], -1, -1), -1);
    CHECK_EQ(rig.engine.send_file(connection, borrowed("head"), 9999, -1, -1), -1);
    rig.engine.respond(connection, borrowed(kHello), {});
  };
  CHECK_EQ(rig.exchange(kGet), kHello);
  close(ends[0]);
  close(ends[1]);
}

CASE("a large file reaches a slow reader whole, and others are served meanwhile") {
  Rig rig;
  const std::string bytes(5'000'000, 'f');
  const File file(bytes);
  rig.application = [&](Connection& connection, const Request&) {
    rig.engine.send_file(connection, borrowed("head "), file.fd(), -1, -1);
  };
  Peer& slow = rig.connect();
  slow.reads = false;
  slow.send(kGet);
  rig.until([&] { return rig.seen.size() == 1; }, "the request");
  rig.application = [&](Connection& connection, const Request&) {
    rig.engine.respond(connection, borrowed(kHello), {});
  };
  CHECK_EQ(rig.exchange(kGet), kHello);
  slow.reads = true;
  rig.until([&] { return slow.ended; }, "the end");
  CHECK_EQ(slow.received.size(), bytes.size() + 5);
}

}  // namespace
}  // namespace uwsgi_node::test
