// The parser's own tables: what a packet of the corpus cannot say, such as half a header.
#include "native/core/protocol/uwsgi.h"

#include <memory>
#include <random>

#include "test/native/check.h"
#include "test/native/corpus.h"
#include "test/native/guarded.h"
#include "test/native/plain_reader.h"

namespace uwsgi_node::test {
namespace {

using namespace std::string_literals;

struct HeaderRow {
  const char* why;
  std::string bytes;
  ParseStatus status;
  InvalidReason reason;
};

const HeaderRow kHeaders[] = {
    {"nothing yet", ""s, ParseStatus::kNeedMore, InvalidReason::kNone},
    {"a byte short", "\0\x05\0"s, ParseStatus::kNeedMore, InvalidReason::kNone},
    {"complete without its vars", "\0\x05\0\0"s, ParseStatus::kComplete, InvalidReason::kNone},
    {"the largest size", "\0\xff\xff\0"s, ParseStatus::kComplete, InvalidReason::kNone},
    {"GET could still be a packet of 21573 bytes", "GET"s, ParseStatus::kNeedMore, InvalidReason::kNone},
    {"GET and a blank", "GET "s, ParseStatus::kInvalid, InvalidReason::kHttp},
    {"a method in small letters is no method", "get "s, ParseStatus::kComplete, InvalidReason::kNone},
    {"a method nobody uses is a modifier", "ZZZZ"s, ParseStatus::kComplete, InvalidReason::kNone},
    {"two bytes of TLS could be anything", "\x16\x03"s, ParseStatus::kNeedMore, InvalidReason::kNone},
    {"three bytes of TLS are enough", "\x16\x03\x01"s, ParseStatus::kInvalid, InvalidReason::kTls},
    {"there is no TLS version 3.5", "\x16\x03\x05\0"s, ParseStatus::kComplete, InvalidReason::kNone},
    {"an alert is no handshake", "\x15\x03\x01\0"s, ParseStatus::kComplete, InvalidReason::kNone},
};

bool add_header_rows() {
  for (const HeaderRow& row : kHeaders) {
    add_case(std::string("header: ") + row.why, [&row] {
      for (const Guarded::Edge edge : kBothEdges) {
        const Guarded copy(as_bytes(row.bytes), edge);
        const uwsgi::Header header = uwsgi::parse_header(copy.bytes());
        CHECK_EQ(header.status, row.status);
        CHECK_EQ(header.reason, row.reason);
      }
    });
  }
  return true;
}
[[maybe_unused]] const bool added = add_header_rows();

CASE("header: size and modifiers come from their own bytes") {
  const uwsgi::Header header = uwsgi::parse_header(as_bytes("\x1e\x34\x12\x07"));
  CHECK_EQ(int{header.modifier1}, 0x1e);
  CHECK_EQ(header.vars_size, 0x1234);
  CHECK_EQ(int{header.modifier2}, 0x07);
}

CASE("header: nothing that is served is ever taken for HTTP or TLS") {
  for (const int modifier1 : {0, 30, 100}) {
    for (int size = 0; size <= 0xffff; size++) {
      for (const int modifier2 : {0x00, 0x01, 0x20, 0x44, 0x45, 0x54, 0xff}) {
        const uint8_t bytes[] = {static_cast<uint8_t>(modifier1), static_cast<uint8_t>(size),
                                 static_cast<uint8_t>(size >> 8), static_cast<uint8_t>(modifier2)};
        const uwsgi::Header header = uwsgi::parse_header(bytes);
        CHECK_EQ(header.status, ParseStatus::kComplete);
        CHECK_EQ(int{header.vars_size}, size);
      }
    }
  }
}

// Small alphabets: most blocks get a few vars far before they break.
std::string random_block(std::mt19937& random) {
  std::string block;
  const auto add_text = [&](size_t length) {
    block += static_cast<char>(length);
    block += static_cast<char>(length >> 8);
    for (size_t i = 0; i < length; i++) block += static_cast<char>(random());
  };
  for (size_t vars = random() % 6; vars != 0; vars--) {
    if (random() % 4 == 0) {
      block += "\x0e\0CONTENT_LENGTH"s;
      const std::string digits = std::to_string(random() % 3 == 0 ? random() : random() % 100);
      block += static_cast<char>(digits.size());
      block += '\0' + digits;
    } else {
      add_text(random() % 32 == 0 ? 0 : 1 + random() % 300);
      add_text(random() % 300);
    }
  }
  if (random() % 3 == 0 && !block.empty()) block.resize(random() % block.size());
  if (random() % 3 == 0 && !block.empty()) block[random() % block.size()] = static_cast<char>(random() % 4);
  return block;
}

CASE("vars: agrees with a plain reader on random blocks") {
  std::mt19937 random(20250603);
  const auto places = std::make_unique_for_overwrite<VarPlace[]>(kMaxVars);
  size_t complete = 0;
  for (int i = 0; i < 20000; i++) {
    const std::string block = random_block(random);
    const auto vars = uwsgi::parse_vars(as_bytes(block), places.get());
    const PlainVars expected = read_plainly(as_bytes(block));
    CHECK_EQ(vars.reason, expected.reason);
    CHECK_EQ(vars.count, expected.vars.size());
    if (vars.status != ParseStatus::kComplete) continue;
    complete++;
    CHECK_EQ(vars.has_content_length, expected.content_length.has_value());
    CHECK_EQ(vars.content_length, expected.content_length.value_or(0));
    CHECK_EQ(int{places[vars.count - 1].value_end}, static_cast<int>(block.size()));
  }
  // Otherwise the generator above no longer tests what it is for.
  CHECK(complete > 2000 && complete < 18000);
}

}  // namespace
}  // namespace uwsgi_node::test
