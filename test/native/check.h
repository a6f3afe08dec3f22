// The smallest test framework that serves: cases register themselves, a failed check names its line and both
// values.
//
// A program built from it prints, a line each, `begin NAME` and then `ok NAME`, or `not ok NAME` and indented
// lines that say why; when it dies, the last `begin` tells in which case. `--list` prints the names only;
// names as arguments select cases. It exits with 1 when a case failed and with 2 when none ran.
#pragma once

#include <cstdint>
#include <cstdio>
#include <functional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace uwsgi_node::test {

struct Case {
  std::string name;
  std::function<void()> body;
};

inline std::vector<Case>& cases() {
  static std::vector<Case> all;
  return all;
}

// For rows of a table: each is a case of its own. The result only serves to call this from an initializer.
inline bool add_case(std::string name, std::function<void()> body) {
  cases().push_back({std::move(name), std::move(body)});
  return true;
}

struct Failure {
  std::string message;
};

[[noreturn]] inline void fail(const char* file, int line, const std::string& what) {
  throw Failure{std::string(file) + ":" + std::to_string(line) + ": " + what};
}

// Long and binary text is cut and escaped: a failure has to fit on a screen.
inline std::string describe(std::string_view text) {
  std::string out = "\"";
  for (const char c : text.substr(0, 80)) {
    char escaped[5];
    std::snprintf(escaped, sizeof escaped, "\\x%02x", static_cast<uint8_t>(c));
    out += c >= ' ' && c <= '~' ? std::string(1, c) : escaped;
  }
  out += '"';
  if (text.size() > 80) out += "... (" + std::to_string(text.size()) + " bytes)";
  return out;
}

template <typename T>
std::string describe(const T& value) {
  if constexpr (std::is_convertible_v<const T&, std::string_view>) {
    return describe(std::string_view(value));
  } else if constexpr (std::is_enum_v<T>) {
    return std::to_string(static_cast<long long>(value));
  } else if constexpr (std::is_same_v<T, bool>) {
    return value ? "true" : "false";
  } else {
    return std::to_string(value);
  }
}

template <typename A, typename B>
void check_equal(const char* file, int line, const char* text, const A& actual, const B& expected) {
  if (actual == expected) return;
  fail(file, line, std::string(text) + " is " + describe(actual) + ", expected " + describe(expected));
}

int run_all(int argc, char** argv);

}  // namespace uwsgi_node::test

#define CHECK(condition)                                                                    \
  do {                                                                                      \
    if (!(condition)) ::uwsgi_node::test::fail(__FILE__, __LINE__, "expected " #condition); \
  } while (false)

#define CHECK_EQ(actual, expected) \
  ::uwsgi_node::test::check_equal(__FILE__, __LINE__, #actual, (actual), (expected))

// CASE("says what holds") { ... }. Two steps, for __LINE__ is only expanded in the second.
#define CASE(name) CASE_AT(name, __LINE__)
#define CASE_AT(name, line) CASE_WITH(name, line)
#define CASE_WITH(name, line)                               \
  static void case_body_##line();                           \
  [[maybe_unused]] static const bool case_added_##line =    \
      ::uwsgi_node::test::add_case(name, case_body_##line); \
  static void case_body_##line()
