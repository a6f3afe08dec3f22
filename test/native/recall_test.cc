// What is read by what differs from the request before is what parsing says, in every protocol.
#include <cstring>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "native/core/protocol/fastcgi.h"
#include "native/core/protocol/scgi.h"
#include "native/core/protocol/uwsgi.h"
#include "native/core/var_layouts.h"
#include "test/native/check.h"
#include "test/native/corpus.h"
#include "test/native/engine_rig.h"
#include "test/native/fastcgi_records.h"
#include "test/native/guarded.h"

namespace uwsgi_node::test {
namespace {

using Parsed = uwsgi_node::Vars;

struct Dialect {
  const char* name;
  const VarsFormat& format;
  std::string (*encode)(const Vars& vars);
  Parsed (*parse)(Bytes block, VarPlace* places);
};

const Dialect kDialects[] = {
    {"uwsgi", uwsgi::kFormat, [](const Vars& vars) { return packet(vars).substr(uwsgi::kHeaderSize); },
     uwsgi::parse_vars},
    {"FastCGI", fastcgi::kFormat, name_value, fastcgi::parse_params},
    {"SCGI", scgi::kFormat,
     [](const Vars& vars) {
       std::string block;
       for (const auto& [key, value] : vars) block += key + '\0' + value + '\0';
       return block;
     },
     [](Bytes block, VarPlace* places) { return scgi::parse_vars(block, ',', places); }},
};

class Recaller {
 public:
  explicit Recaller(const Dialect& dialect) : dialect_(dialect) {}

  // Whether the block need not be parsed; fails the test where parsing says otherwise.
  bool recalls(const std::string& bytes) {
    const Guarded block(as_bytes(bytes), Guarded::Edge::kEnd);
    const std::optional<Parsed> recalled = layouts_.recall(dialect_.format, block.bytes(), recalled_.data());
    const Parsed parsed = dialect_.parse(block.bytes(), places_.data());
    if (recalled) check_same(*recalled, parsed);
    if (parsed.status == ParseStatus::kComplete)
      layouts_.match(dialect_.format, block.bytes(), places_.data(), parsed, names_.data());
    return recalled.has_value();
  }

  bool recalls(const Vars& vars) { return recalls(dialect_.encode(vars)); }

 private:
  void check_same(const Parsed& recalled, const Parsed& parsed) {
    CHECK(parsed.status == ParseStatus::kComplete);
    CHECK_EQ(recalled.count, parsed.count);
    CHECK_EQ(recalled.has_content_length, parsed.has_content_length);
    CHECK_EQ(recalled.content_length, parsed.content_length);
    CHECK_EQ(recalled.content_length_at, parsed.content_length_at);
    CHECK_EQ(recalled.request_method, parsed.request_method);
    CHECK_EQ(recalled.remote_addr, parsed.remote_addr);
    CHECK_EQ(recalled.request_uri, parsed.request_uri);
    CHECK_EQ(recalled.path_info, parsed.path_info);
    CHECK(std::memcmp(recalled_.data(), places_.data(), parsed.count * sizeof(VarPlace)) == 0);
  }

  const Dialect& dialect_;
  VarLayouts layouts_;
  std::vector<VarPlace> places_ = std::vector<VarPlace>(kMaxVars);
  std::vector<VarPlace> recalled_ = std::vector<VarPlace>(kMaxVars);
  std::vector<uint16_t> names_ = std::vector<uint16_t>(kMaxVars);
};

// As a front server sends it.
Vars request(std::string length, std::string uri, std::string cookie) {
  return {
      {"CONTENT_LENGTH", std::move(length)}, {"REQUEST_METHOD", "GET"}, {"REQUEST_URI", std::move(uri)},
      {"REMOTE_ADDR", "10.0.0.1"},           {"PATH_INFO", "/"},        {"HTTP_COOKIE", std::move(cookie)}};
}

template <typename Body>
bool in_every_protocol(const char* what, Body body) {
  for (const Dialect& dialect : kDialects)
    add_case(std::string(what) + ", " + dialect.name, [&dialect, body] { body(dialect); });
  return true;
}

const bool kAdded[] = {
    in_every_protocol(
        "once keys have come several times in a row, they are not parsed any more",
        [](const Dialect& dialect) {
          Recaller recaller(dialect);
          for (int i = 0; i < 20; ++i) recaller.recalls(request("", "/", "a=1"));
          for (const char* uri : {"/", "/x", "/a-much-longer-one", ""}) {
            for (const std::string& cookie : {std::string("b=2"), repeat('c', 127), repeat('c', 128)})
              CHECK(recaller.recalls(request("17", uri, cookie)));
          }
          CHECK(!recaller.recalls(Vars{{"CONTENT_LENGTH", ""}, {"HTTP_X", "y"}}));
          CHECK(!recaller.recalls(request("", "/", "a=1")));
        }),
    in_every_protocol("a CONTENT_LENGTH that is none is for parsing to refuse",
                      [](const Dialect& dialect) {
                        Recaller recaller(dialect);
                        for (int i = 0; i < 20; ++i) recaller.recalls(request("5", "/", "a=1"));
                        CHECK(recaller.recalls(request("", "/", "a=1")));
                        CHECK(!recaller.recalls(request("x", "/", "a=1")));
                        CHECK(recaller.recalls(request("9", "/", "a=1")));
                      }),
    in_every_protocol("of two CONTENT_LENGTHs the last one counts",
                      [](const Dialect& dialect) {
                        const auto both = [](const char* a, const char* b) {
                          return Vars{{"CONTENT_LENGTH", a}, {"A", "b"}, {"CONTENT_LENGTH", b}};
                        };
                        Recaller recaller(dialect);
                        for (int i = 0; i < 20; ++i) recaller.recalls(both("5", "6"));
                        CHECK(recaller.recalls(both("5", "7")));
                        recaller.recalls(both("4", "7"));
                        CHECK(!recaller.recalls(both("x", "7")));
                      }),
    in_every_protocol("a block that was damaged, cut or lengthened anywhere is read as parsing reads it",
                      [](const Dialect& dialect) {
                        std::mt19937 random(7);
                        Recaller recaller(dialect);
                        const std::string whole =
                            dialect.encode(request("5", "/some/path", repeat('c', 130)));
                        const auto warm = [&] {
                          for (int i = 0; i < 20; ++i) recaller.recalls(whole);
                        };
                        for (size_t at = 0; at < whole.size(); ++at) {
                          warm();
                          std::string damaged = whole;
                          damaged[at] = static_cast<char>(damaged[at] + 1 + static_cast<int>(random() % 255));
                          recaller.recalls(damaged);
                          warm();
                          recaller.recalls(whole.substr(0, at));
                          recaller.recalls(whole + whole.substr(0, at));
                        }
                      }),
};

}  // namespace
}  // namespace uwsgi_node::test
