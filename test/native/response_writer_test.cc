#include "native/core/response_writer.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <random>
#include <string>

#include "test/native/check.h"
#include "test/native/engine_rig.h"

namespace uwsgi_node::test {
namespace {

// Two ends of a stream with little room between them.
class Pair {
 public:
  Pair() {
    int fds[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) != 0) std::abort();
    writer = fds[0];
    reader_ = fds[1];
    const int bytes = 4096;
    setsockopt(writer, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
  }
  Pair(const Pair&) = delete;
  Pair& operator=(const Pair&) = delete;
  ~Pair() {
    close(writer);
    leave();
  }

  // Takes up to `most` bytes of what has been written.
  std::string read(size_t most) {
    std::string out(most, '\0');
    const ssize_t got = recv(reader_, out.data(), most, 0);
    out.resize(got > 0 ? static_cast<size_t>(got) : 0);
    return out;
  }
  void leave() {
    if (reader_ >= 0) close(reader_);
    reader_ = -1;
  }

  int writer;

 private:
  int reader_;
};

CASE("what fits is written at once, and its owners let go of") {
  Pair pair;
  ResponseWriter writer;
  int alive = 0;
  CHECK(writer.write(pair.writer, owned("head", &alive), owned("body", &alive)) == WriteResult::kDone);
  CHECK_EQ(alive, 0);
  CHECK(!writer.pending());
  CHECK_EQ(pair.read(100), "headbody");
}

CASE("either segment may be empty, and both") {
  Pair pair;
  ResponseWriter writer;
  CHECK(writer.write(pair.writer, {}, borrowed("body")) == WriteResult::kDone);
  CHECK(writer.write(pair.writer, borrowed("head"), {}) == WriteResult::kDone);
  CHECK(writer.write(pair.writer, {}, {}) == WriteResult::kDone);
  CHECK_EQ(pair.read(100), "bodyhead");
}

CASE("what does not fit is kept, borrowed bytes as a copy") {
  Pair pair;
  ResponseWriter writer;
  const std::string expected = "head" + repeat('x', 100'000);
  {
    std::string head = "head";
    std::string body = repeat('x', 100'000);
    CHECK(writer.write(pair.writer, borrowed(head), borrowed(body)) == WriteResult::kAgain);
    head.assign(4, '!');
    body.assign(body.size(), '!');
  }
  CHECK(writer.pending());
  std::string got;
  while (writer.pending()) {
    got += pair.read(10'000);
    CHECK(writer.flush(pair.writer) != WriteResult::kDead);
  }
  while (got.size() < expected.size()) got += pair.read(10'000);
  CHECK(got == expected);
  CHECK_EQ(writer.pending_bytes(), 0u);
}

CASE("owned bytes are let go of when they are written, not before") {
  Pair pair;
  ResponseWriter writer;
  int alive = 0;
  CHECK(writer.write(pair.writer, owned("head", &alive), owned(repeat('x', 100'000), &alive)) ==
        WriteResult::kAgain);
  CHECK_EQ(alive, 1);
  CHECK(writer.write(pair.writer, owned("more", &alive), {}) == WriteResult::kAgain);
  CHECK_EQ(alive, 2);
  size_t got = 0;
  while (writer.pending()) {
    got += pair.read(10'000).size();
    writer.flush(pair.writer);
    if (got < 50'000) CHECK_EQ(alive, 2);
  }
  CHECK_EQ(alive, 0);
}

// Bytes that live during the call and can be kept alive: counts how often that was asked for, and taken back.
struct Holdable {
  std::string text;
  int held = 0;
  int released = 0;

  Segment segment() {
    return {reinterpret_cast<const uint8_t*>(text.data()), text.size(),
            [](void* self) { ++static_cast<Holdable*>(self)->released; }, this,
            [](void* self) -> void* {
              ++static_cast<Holdable*>(self)->held;
              return self;
            }};
  }
};

CASE("what can be kept alive is, only when it has to be, and is let go of once") {
  Pair pair;
  ResponseWriter writer;
  Holdable small{"small"};
  CHECK(writer.write(pair.writer, {}, small.segment()) == WriteResult::kDone);
  CHECK_EQ(small.held + small.released, 0);
  Holdable large{repeat('x', 100'000)};
  CHECK(writer.write(pair.writer, borrowed("head"), large.segment()) == WriteResult::kAgain);
  CHECK_EQ(large.held, 1);
  CHECK_EQ(large.released, 0);
  Holdable behind{"behind"};
  CHECK(writer.write(pair.writer, behind.segment(), {}) == WriteResult::kAgain);
  CHECK_EQ(behind.held, 1);
  std::string got;
  while (writer.pending()) {
    got += pair.read(10'000);
    writer.flush(pair.writer);
  }
  while (got.size() < 100'015) got += pair.read(10'000);
  CHECK(got == "smallhead" + large.text + "behind");
  CHECK_EQ(large.released, 1);
  CHECK_EQ(behind.released, 1);
}

CASE("what can be kept alive is left alone when the reader is gone") {
  Pair pair;
  pair.leave();
  ResponseWriter writer;
  Holdable text{"text"};
  CHECK(writer.write(pair.writer, text.segment(), text.segment()) == WriteResult::kDead);
  CHECK_EQ(text.held + text.released, 0);
}

CASE("clear and the destructor let go of what is kept") {
  Pair pair;
  int alive = 0;
  {
    ResponseWriter writer;
    writer.write(pair.writer, owned(repeat('x', 100'000), &alive), owned("tail", &alive));
    CHECK_EQ(alive, 2);
    writer.clear();
    CHECK_EQ(alive, 0);
    CHECK(!writer.pending());
    CHECK_EQ(writer.pending_bytes(), 0u);
    writer.write(pair.writer, owned(repeat('x', 100'000), &alive), owned("tail", &alive));
    CHECK_EQ(alive, 2);
  }
  CHECK_EQ(alive, 0);
}

CASE("a reader that is gone makes the response dead, at once or later, and nothing leaks") {
  int alive = 0;
  {
    Pair pair;
    pair.leave();
    ResponseWriter writer;
    CHECK(writer.write(pair.writer, owned("head", &alive), owned("body", &alive)) == WriteResult::kDead);
    CHECK_EQ(alive, 0);
    CHECK(!writer.pending());
  }
  Pair pair;
  ResponseWriter writer;
  CHECK(writer.write(pair.writer, owned(repeat('x', 100'000), &alive), {}) == WriteResult::kAgain);
  pair.leave();
  CHECK(writer.flush(pair.writer) == WriteResult::kDead);
  writer.clear();
  CHECK_EQ(alive, 0);
}

CASE("a descriptor that is none is dead, too") {
  ResponseWriter writer;
  CHECK(writer.write(-1, borrowed("x"), {}) == WriteResult::kDead);
}

CASE("whatever is written, in whatever sizes, is read in its order") {
  std::mt19937 random(7);
  for (int round = 0; round < 50; ++round) {
    Pair pair;
    ResponseWriter writer;
    int alive = 0;
    std::string expected;
    std::string got;
    const auto some = [&](size_t most) {
      std::string text(random() % most, '\0');
      for (char& byte : text) byte = static_cast<char>('a' + random() % 26);
      expected += text;
      return text;
    };
    for (int step = 0; step < 60; ++step) {
      if (random() % 2 == 0) {
        const std::string first = some(random() % 3 == 0 ? 30'000 : 10);
        const std::string second = some(random() % 3 == 0 ? 30'000 : 10);
        writer.write(pair.writer, random() % 2 ? borrowed(first) : owned(first, &alive),
                     random() % 2 ? borrowed(second) : owned(second, &alive));
      } else {
        got += pair.read(random() % 20'000);
        writer.flush(pair.writer);
      }
    }
    while (got.size() < expected.size()) {
      got += pair.read(100'000);
      writer.flush(pair.writer);
    }
    CHECK(got == expected);
    CHECK_EQ(alive, 0);
  }
}

}  // namespace
}  // namespace uwsgi_node::test
