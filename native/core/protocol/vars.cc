#include "native/core/protocol/vars.h"

namespace uwsgi_node {
namespace {

// Number.MAX_SAFE_INTEGER: the length has to survive the trip to JavaScript.
constexpr uint64_t kMaxContentLength = (uint64_t{1} << 53) - 1;

constexpr size_t kOpening = 4;
// The first bytes of what HTTP clients send; "PRI " opens HTTP/2. As a uwsgi header, "GET " is modifier1 71
// with 21573 bytes of vars. Nobody is refused by mistake: all of them are modifiers from A to Z, and only 0,
// 30 and 100 are served. FastCGI opens with a 1, SCGI with a digit.
constexpr std::string_view kHttpOpenings[] = {"GET ", "POST", "HEAD", "PUT ", "DELE",
                                              "OPTI", "PATC", "CONN", "TRAC", "PRI "};

}  // namespace

bool opens_http(Bytes bytes) {
  const std::string_view opening = as_text(bytes.first(kOpening));
  for (const std::string_view candidate : kHttpOpenings) {
    if (opening == candidate) return true;
  }
  return false;
}

// Stricter than uWSGI, which stops at the first byte that is no digit, and than RFC 9110, section 8.6, only
// in the cap: two servers that read one length differently is how requests are smuggled.
bool parse_content_length(Bytes digits, uint64_t* length) {
  uint64_t value = 0;
  for (const uint8_t byte : digits) {
    const unsigned digit = byte - unsigned{'0'};
    if (digit > 9) return false;
    value = value * 10 + digit;
    if (value > kMaxContentLength) return false;
  }
  *length = value;
  return true;
}

}  // namespace uwsgi_node
