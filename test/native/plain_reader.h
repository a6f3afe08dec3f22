// The vars block read in the most obvious way, for tests and fuzzers to hold the real parser against. Copies
// everything and shares no line with native/core/protocol/uwsgi.cc.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "native/core/protocol/uwsgi.h"

namespace uwsgi_node::test {

struct PlainVars {
  InvalidReason reason = InvalidReason::kNone;
  std::vector<std::pair<std::string, std::string>> vars;
  std::optional<uint64_t> content_length;
};

// Decimal text compared as text: no arithmetic that could overflow.
inline bool read_length_plainly(const std::string& value, PlainVars* result) {
  result->content_length.reset();
  if (value.empty()) return true;
  if (value.find_first_not_of("0123456789") != std::string::npos) return false;
  const std::string largest = "9007199254740991";
  const size_t first = value.find_first_not_of('0');
  const std::string digits = first == std::string::npos ? "0" : value.substr(first);
  if (digits.size() > largest.size()) return false;
  if (digits.size() == largest.size() && digits > largest) return false;
  result->content_length = std::stoull(digits);
  return true;
}

class PlainReader {
 public:
  explicit PlainReader(std::string_view block) : rest_(block) {}

  PlainVars read() {
    PlainVars result;
    result.reason = rest_.empty() ? InvalidReason::kNoVars : read_all(&result);
    return result;
  }

 private:
  InvalidReason read_all(PlainVars* result) {
    while (!rest_.empty()) {
      const auto key_size = take_size();
      if (!key_size) return InvalidReason::kTruncatedVar;
      if (*key_size == 0) return InvalidReason::kEmptyKey;
      const auto key = take(*key_size);
      const auto value_size = key ? take_size() : std::nullopt;
      const auto value = value_size ? take(*value_size) : std::nullopt;
      if (!value) return InvalidReason::kTruncatedVar;
      if (*key == "CONTENT_LENGTH" && !read_length_plainly(*value, result)) {
        return InvalidReason::kBadContentLength;
      }
      result->vars.emplace_back(*key, *value);
    }
    return InvalidReason::kNone;
  }

  std::optional<size_t> take_size() {
    const auto bytes = take(2);
    if (!bytes) return std::nullopt;
    return static_cast<uint8_t>((*bytes)[0]) + 256 * static_cast<size_t>(static_cast<uint8_t>((*bytes)[1]));
  }

  std::optional<std::string> take(size_t size) {
    if (size > rest_.size()) return std::nullopt;
    std::string bytes(rest_.substr(0, size));
    rest_.remove_prefix(size);
    return bytes;
  }

  std::string_view rest_;
};

inline PlainVars read_plainly(Bytes block) { return PlainReader(as_text(block)).read(); }

}  // namespace uwsgi_node::test
