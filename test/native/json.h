// As much JSON as test/packets/*.json uses: objects, lists, strings of latin-1 characters, whole numbers and
// null. Throws std::runtime_error for anything else.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace uwsgi_node::test {

struct Json {
  using List = std::vector<Json>;
  using Object = std::map<std::string, Json>;
  std::variant<std::nullptr_t, uint64_t, std::string, List, Object> value = nullptr;

  bool is_null() const { return std::holds_alternative<std::nullptr_t>(value); }
  bool is_object() const { return std::holds_alternative<Object>(value); }
  uint64_t number() const { return std::get<uint64_t>(value); }
  const std::string& text() const { return std::get<std::string>(value); }
  const List& list() const { return std::get<List>(value); }
  const Json& at(const std::string& key) const { return std::get<Object>(value).at(key); }
};

Json parse_json(std::string_view text);

}  // namespace uwsgi_node::test
