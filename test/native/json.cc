#include "test/native/json.h"

#include <stdexcept>

namespace uwsgi_node::test {

namespace {

class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  Json document() {
    Json json = value();
    if (peek() != '\0') wrong("text after the end");
    return json;
  }

 private:
  Json value() {
    switch (peek()) {
      case '{':
        return {object()};
      case '[':
        return {list()};
      case '"':
        return {string()};
      case 'n':
        return null();
      default:
        return {number()};
    }
  }

  Json::Object object() {
    Json::Object members;
    expect('{');
    while (peek() != '}') {
      if (!members.empty()) expect(',');
      std::string key = string();
      expect(':');
      members[std::move(key)] = value();
    }
    expect('}');
    return members;
  }

  Json::List list() {
    Json::List entries;
    expect('[');
    while (peek() != ']') {
      if (!entries.empty()) expect(',');
      entries.push_back(value());
    }
    expect(']');
    return entries;
  }

  std::string string() {
    std::string text;
    expect('"');
    for (char c = next(); c != '"'; c = next()) text += c == '\\' ? escaped() : c;
    return text;
  }

  char escaped() {
    switch (const char c = next()) {
      case 'b':
        return '\b';
      case 'f':
        return '\f';
      case 'n':
        return '\n';
      case 'r':
        return '\r';
      case 't':
        return '\t';
      case 'u':
        return latin1();
      default:
        return c;
    }
  }

  char latin1() {
    std::string digits;
    for (int i = 0; i < 4; i++) digits += next();
    const unsigned long code = std::stoul(digits, nullptr, 16);
    if (code > 0xff) wrong("a character that is not latin-1");
    return static_cast<char>(code);
  }

  uint64_t number() {
    std::string digits;
    for (char c = peek(); c >= '0' && c <= '9'; c = rest_.empty() ? '\0' : rest_.front()) digits += next();
    if (digits.empty()) wrong("something that is no value");
    return std::stoull(digits);
  }

  Json null() {
    for (const char c : std::string_view("null")) {
      if (next() != c) wrong("a word that is not null");
    }
    return {};
  }

  // The next character that is not white space, or NUL at the end.
  char peek() {
    rest_.remove_prefix(std::min(rest_.find_first_not_of(" \n\r\t"), rest_.size()));
    return rest_.empty() ? '\0' : rest_.front();
  }

  char next() {
    if (rest_.empty()) wrong("the end");
    const char c = rest_.front();
    rest_.remove_prefix(1);
    return c;
  }

  void expect(char wanted) {
    if (peek() != wanted) wrong(std::string("no '") + wanted + "'");
    next();
  }

  [[noreturn]] void wrong(const std::string& found) {
    throw std::runtime_error("JSON: found " + found + " before \"" + std::string(rest_.substr(0, 20)) + "\"");
  }

  std::string_view rest_;
};

}  // namespace

Json parse_json(std::string_view text) { return Reader(text).document(); }

}  // namespace uwsgi_node::test
