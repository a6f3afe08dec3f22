#include "native/core/request_note.h"

#include <sys/mman.h>

#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "native/core/protocol/uwsgi.h"
#include "test/native/check.h"

namespace uwsgi_node::test {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

RequestNote note_of(const Pairs& vars) {
  std::string block;
  const auto append = [&block](const std::string& text) {
    block += static_cast<char>(text.size() & 0xff);
    block += static_cast<char>(text.size() >> 8);
    block += text;
  };
  for (const auto& [key, value] : vars) {
    append(key);
    append(value);
  }
  std::vector<VarPlace> places(kMaxVars);
  const Bytes bytes(reinterpret_cast<const uint8_t*>(block.data()), block.size());
  const auto parsed = uwsgi::parse_vars(bytes, places.data());
  return RequestNote::of(bytes, places.data(), parsed);
}

std::string joined(const char* method, const char* address, const std::string& uri) {
  return std::string(method) + '\0' + address + '\0' + uri;
}

CASE("a note names method, address and URI, whatever stands around them") {
  CHECK(note_of({{"QUERY_STRING", "a=b"},
                 {"REQUEST_METHOD", "POST"},
                 {"PATH_INFO", "/x"},
                 {"REQUEST_URI", "/x?a=b"},
                 {"REMOTE_PORT", "9"},
                 {"REMOTE_ADDR", "10.0.0.1"}})
            .text() == joined("POST", "10.0.0.1", "/x?a=b"));
  CHECK(note_of({{"PATH_INFO", "/only"}}).text() == joined("GET", "", "/only"));
}

CASE("what does not fit is cut off, the URI first") {
  const RequestNote note = note_of({{"REQUEST_METHOD", std::string(500, 'M')},
                                    {"REMOTE_ADDR", std::string(500, 'a')},
                                    {"REQUEST_URI", std::string(500, '/')}});
  CHECK(note.text().size() == RequestNote::kRoom);
  CHECK(note.text().back() == '/');
}

CASE("a reader never sees a torn note") {
  SharedNote shared{};
  std::atomic<bool> over{false};
  std::thread writer([&] {
    for (int i = 0; i < 100'000; ++i) {
      const auto size = static_cast<size_t>(1 + i * 37 % RequestNote::kRoom);
      shared.write(std::string(size, static_cast<char>('a' + size % 26)));
    }
    over = true;
  });
  uint64_t seen = 0;
  while (!over.load()) {
    const std::string text = shared.read();
    if (text.empty()) continue;
    ++seen;
    CHECK(text == std::string(text.size(), static_cast<char>('a' + text.size() % 26)));
  }
  writer.join();
  CHECK(!shared.read().empty());
  CHECK(seen > 0);
}

CASE("a writer that died in the midst leaves nothing to read, and the next writer goes on") {
  SharedNote shared{};
  shared.write("whole");
  // As a kill between the first store and the last leaves it.
  uint32_t sequence;
  memcpy(&sequence, static_cast<void*>(&shared), sizeof sequence);
  ++sequence;
  memcpy(static_cast<void*>(&shared), &sequence, sizeof sequence);
  CHECK(shared.read().empty());
  shared.write("the next");
  CHECK(shared.read() == "the next");
  shared.clear();
  CHECK(shared.read().empty());
}

}  // namespace
}  // namespace uwsgi_node::test
