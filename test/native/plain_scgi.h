// SCGI headers read in the most obvious way, for tests and the fuzzer to hold the real parser against. Copies
// everything and shares no line with native/core/protocol/scgi.cc.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "test/native/plain_reader.h"

namespace uwsgi_node::test {

// Takes the text up to the next NUL off the front; nothing when there is no NUL.
inline std::optional<std::string> take_text(std::string_view* rest) {
  const size_t end = rest->find('\0');
  if (end == std::string_view::npos) return std::nullopt;
  std::string text(rest->substr(0, end));
  rest->remove_prefix(end + 1);
  return text;
}

inline PlainVars read_scgi_plainly(std::string_view block, char comma) {
  PlainVars result;
  const auto failed = [&result](InvalidReason reason) {
    result.reason = reason;
    return result;
  };
  if (comma != ',') return failed(InvalidReason::kNetstring);
  if (block.empty()) return failed(InvalidReason::kNoVars);
  while (!block.empty()) {
    const auto name = take_text(&block);
    const auto value = name ? take_text(&block) : std::nullopt;
    if (!value) return failed(InvalidReason::kTruncatedVar);
    if (name->empty()) return failed(InvalidReason::kEmptyKey);
    if (result.vars.size() == kMaxVars) return failed(InvalidReason::kTooManyVars);
    const bool is_length = *name == "CONTENT_LENGTH";
    if (result.vars.empty() && !is_length) return failed(InvalidReason::kNoContentLength);
    if (is_length && !read_length_plainly(*value, &result)) return failed(InvalidReason::kBadContentLength);
    result.vars.emplace_back(*name, *value);
  }
  return result;
}

}  // namespace uwsgi_node::test
