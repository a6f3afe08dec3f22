// What JavaScript relies on: an index or a number stands for the same keys until the table says otherwise.
#include "native/core/var_layouts.h"

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "native/core/protocol/uwsgi.h"
#include "test/native/check.h"
#include "test/native/corpus.h"
#include "test/native/engine_rig.h"
#include "test/native/guarded.h"

namespace uwsgi_node::test {
namespace {

using Keys = std::vector<std::string>;

// The tables, and a reader that believes them as src/thread/environ.ts does.
class Reader {
 public:
  // Matches a packet with these keys; fails the test when what was learned earlier is not what is there now.
  VarsMatch match(const Keys& keys) {
    Vars vars;
    const bool fits = keys.size() < 1000;
    for (const std::string& key : keys) vars.emplace_back(key, fits ? std::to_string(++value_) : "");
    return match(vars, keys);
  }

  // The same with these values.
  VarsMatch match_values(const Vars& vars) {
    Keys keys;
    for (const auto& [key, value] : vars) keys.push_back(key);
    return match(vars, keys);
  }

  VarsMatch match(const Vars& vars, const Keys& keys) {
    const std::string bytes = packet(vars).substr(uwsgi::kHeaderSize);
    const Guarded block(as_bytes(bytes), Guarded::Edge::kEnd);
    const uwsgi_node::Vars parsed = uwsgi::parse_vars(block.bytes(), places_.data());
    CHECK_EQ(parsed.count, keys.size());
    layouts_.recall(uwsgi::kFormat, block.bytes(), places_.data());
    const VarsMatch match =
        layouts_.match(uwsgi::kFormat, block.bytes(), places_.data(), parsed, names_.data());
    check(match, keys);
    check_values(match, vars);
    return match;
  }

  VarsMatch match(const Keys& keys, int times) {
    VarsMatch last;
    for (int i = 0; i < times; ++i) last = match(keys);
    return last;
  }

  uint16_t name(size_t i) const { return names_[i]; }

 private:
  void check(const VarsMatch& match, const Keys& keys) {
    const bool known = match.layout.index != LayoutTable::kUnknown;
    if (known) {
      if (match.layout.fresh) learned_[match.layout.index] = keys;
      CHECK(learned_[match.layout.index] == keys);
      return;
    }
    const Keys head(keys.begin(), keys.begin() + match.prefix_count);
    if (match.prefix.index != LayoutTable::kUnknown) {
      if (match.prefix.fresh) learned_prefixes_[match.prefix.index] = head;
      CHECK(learned_prefixes_[match.prefix.index] == head);
      CHECK(!head.empty());
    } else {
      CHECK_EQ(match.prefix_count, 0u);
    }
    std::set<std::string> seen;
    bool repeats = false;
    for (size_t i = match.prefix_count; i < keys.size(); ++i) {
      repeats |= !seen.insert(keys[i]).second;
      if (names_[i] == NameTable::kUnknown) continue;
      const auto [place, is_new] = learned_names_.emplace(names_[i], keys[i]);
      CHECK_EQ(place->second, keys[i]);
    }
    // It may be said without being so, never the other way round.
    if (repeats) CHECK(match.repeats);
  }

  // As `keep` and `held` in src/thread/environ.ts.
  void check_values(const VarsMatch& match, const Vars& vars) {
    if (match.layout.index == LayoutTable::kUnknown) return CHECK_EQ(match.keep, 0u);
    auto& held = held_[match.layout.index];
    if (match.layout.fresh) held.clear();
    CHECK_EQ(match.keep & ~match.layout.same, 0u);
    for (uint32_t i = 0; i < std::min<size_t>(vars.size(), 31); ++i) {
      if (match.keep >> i & 1) held[i] = vars[i].second;
      if (match.layout.same >> i & 1) CHECK(held.contains(i) && held[i] == vars[i].second);
    }
    CHECK_EQ(match.layout.same >> 31, 0u);
  }

  VarLayouts layouts_;
  std::map<uint32_t, std::map<uint32_t, std::string>> held_;
  std::vector<VarPlace> places_ = std::vector<VarPlace>(kMaxVars);
  std::vector<uint16_t> names_ = std::vector<uint16_t>(kMaxVars);
  std::map<uint32_t, Keys> learned_;
  std::map<uint32_t, Keys> learned_prefixes_;
  std::map<uint16_t, std::string> learned_names_;
  uint64_t value_ = 0;
};

const Keys kParams = {"QUERY_STRING", "REQUEST_METHOD", "CONTENT_TYPE", "PATH_INFO"};

Keys with(Keys keys, const Keys& more) {
  keys.insert(keys.end(), more.begin(), more.end());
  return keys;
}

CASE("a sequence is learned after a few sightings, is fresh once, and is then known at once") {
  Reader reader;
  const Keys keys = with(kParams, {"HTTP_HOST"});
  int unknown = 0;
  while (reader.match(keys).layout.index == LayoutTable::kUnknown) ++unknown;
  CHECK(unknown > 2 && unknown < 20);
  for (int i = 0; i < 5; ++i) {
    const VarsMatch match = reader.match(keys);
    CHECK(match.layout.index != LayoutTable::kUnknown);
    CHECK(!match.layout.fresh);
  }
}

CASE("a value that comes again is to be kept, then is held until another one comes") {
  Reader reader;
  const auto values = [](std::string host, std::string uri) {
    return Vars{
        {"SERVER_NAME", "a.example"}, {"REQUEST_URI", std::move(uri)}, {"HTTP_HOST", std::move(host)}};
  };
  int uri = 0;
  const auto other = [&] { return "/" + std::to_string(1000 + uri++); };
  VarsMatch match;
  while (match.layout.index == LayoutTable::kUnknown) match = reader.match_values(values("a", other()));
  CHECK_EQ(match.layout.same, 0u);
  match = reader.match_values(values("a", other()));
  CHECK_EQ(match.layout.same, 0b101u);
  CHECK_EQ(match.keep, 0b101u);
  match = reader.match_values(values("a", other()));
  CHECK_EQ(match.layout.same, 0b101u);
  CHECK_EQ(match.keep, 0u);
  // Longer, so that what follows moves.
  match = reader.match_values(values("a", "/longer" + other()));
  CHECK_EQ(match.layout.same, 0b101u);
  match = reader.match_values(values("b", other()));
  CHECK_EQ(match.layout.same, 0b001u);
  match = reader.match_values(values("a", other()));
  CHECK_EQ(match.layout.same, 0b001u);
  match = reader.match_values(values("a", other()));
  CHECK_EQ(match.layout.same, 0b101u);
  CHECK_EQ(match.keep, 0b100u);
}

CASE("values are the same only from end to end") {
  Reader reader;
  const Keys keys = {"A", "HTTP_B"};
  const std::vector<std::string> values = {
      "", "x", "xx", "xxy", "xyx", "xxxxxxxxxxxxxxxx", "xxxxxxxxxxxxxxxy"};
  for (int round = 0; round < 3; ++round) {
    for (const std::string& a : values) {
      for (const std::string& b : values) {
        for (int i = 0; i < 3; ++i) reader.match_values(Vars{{"A", a}, {"HTTP_B", b}});
      }
    }
  }
}

CASE("sequences that differ in order, number or a letter are not the same") {
  Reader reader;
  const std::vector<Keys> variants = {
      {"AB", "C"}, {"C", "AB"}, {"A", "BC"}, {"AB", "D"}, {"AB"}, {"AB", "C", "C"}, {"AB", "CC"}, {"ABC"},
  };
  std::set<uint32_t> indexes;
  for (int round = 0; round < 3; ++round) {
    for (const Keys& keys : variants) indexes.insert(reader.match(keys, 20).layout.index);
  }
  CHECK_EQ(indexes.size(), variants.size());
}

CASE("the vars up to the first header are learned when the headers differ every time") {
  Reader reader;
  VarsMatch match;
  for (int i = 0; i < 20; ++i) match = reader.match(with(kParams, {"HTTP_X" + std::to_string(i), "OTHER"}));
  CHECK(match.layout.index == LayoutTable::kUnknown);
  CHECK(match.prefix.index != LayoutTable::kUnknown);
  CHECK(!match.prefix.fresh);
  CHECK_EQ(match.prefix_count, kParams.size());
}

CASE("without a header, or with one in front, there is no prefix") {
  Reader reader;
  for (int i = 0; i < 20; ++i) {
    const std::string rare = "X" + std::to_string(i);
    CHECK(reader.match(with(kParams, {rare})).prefix.index == LayoutTable::kUnknown);
    CHECK(reader.match(with({"HTTP_" + rare}, kParams)).prefix.index == LayoutTable::kUnknown);
  }
}

CASE("what only resembles a header belongs to the prefix") {
  Reader reader;
  VarsMatch match;
  for (int i = 0; i < 20; ++i)
    match = reader.match({"A", "HTTP", "HTTPS", "http_x", "HTTP_X" + std::to_string(i)});
  CHECK_EQ(match.prefix_count, 4u);
}

// JavaScript joins what comes twice, and looks for it behind the prefix only.
CASE("HTTP_ alone is a header") {
  Reader reader;
  VarsMatch match;
  for (int i = 0; i < 20; ++i) match = reader.match({"A", "HTTP_", "HTTP_X" + std::to_string(i)});
  CHECK_EQ(match.prefix_count, 1u);
}

CASE("names are learned by number, long ones are not") {
  Reader reader;
  const std::string longest(64, 'x');
  const std::string longer(65, 'x');
  reader.match({longest, longer, "A", "B"});
  const std::vector<uint16_t> first = {reader.name(0), reader.name(1), reader.name(2), reader.name(3)};
  CHECK(first[0] != NameTable::kUnknown);
  CHECK(first[1] == NameTable::kUnknown);
  reader.match({"B", "A", "C", longest});
  CHECK_EQ(reader.name(0), first[3]);
  CHECK_EQ(reader.name(1), first[2]);
  CHECK_EQ(reader.name(3), first[0]);
}

CASE("repeated names are reported, and so are those that cannot be told apart") {
  Reader reader;
  CHECK(!reader.match({"A", "B", "C"}).repeats);
  CHECK(reader.match({"A", "B", "A"}).repeats);
  CHECK(!reader.match({"C", "B", "A"}).repeats);
  CHECK(reader.match({std::string(65, 'x'), "A"}).repeats);
}

CASE("a client that invents headers gets no place and drives nobody out") {
  Reader reader;
  const Keys common = with(kParams, {"HTTP_HOST"});
  const uint32_t index = reader.match(common, 20).layout.index;
  for (int i = 0; i < 5000; ++i) {
    CHECK(reader.match(with(kParams, {"HTTP_" + std::to_string(i)})).layout.index == LayoutTable::kUnknown);
    if (i % 10 == 0) CHECK_EQ(reader.match(common).layout.index, index);
  }
}

CASE("all places taken by what is in use, the next sequence gets none; one that is out of use is replaced") {
  Reader reader;
  const auto keys = [](int i) { return with(kParams, {"K" + std::to_string(i)}); };
  std::set<uint32_t> indexes;
  for (int round = 0; round < 20; ++round) {
    for (int i = 0; i < 32; ++i) indexes.insert(reader.match(keys(i)).layout.index);
  }
  indexes.erase(LayoutTable::kUnknown);
  CHECK_EQ(indexes.size(), 32u);
  CHECK(reader.match(keys(99), 20).layout.index == LayoutTable::kUnknown);
  // Number 31 stops coming.
  VarsMatch match;
  for (int round = 0; round < 100 && match.layout.index == LayoutTable::kUnknown; ++round) {
    for (int i = 0; i < 31; ++i) reader.match(keys(i));
    match = reader.match(keys(99));
  }
  CHECK(match.layout.index < 32);
  CHECK(match.layout.fresh);
}

CASE("any traffic is read as what it is") {
  std::mt19937 random(11);
  for (int round = 0; round < 10; ++round) {
    Reader reader;
    std::vector<Keys> pool;
    for (int i = 0; i < 100; ++i) {
      Keys keys;
      const size_t count = 1 + random() % 8;
      while (keys.size() < count) {
        const std::string name(1 + random() % 3, static_cast<char>('A' + random() % 3));
        keys.push_back(random() % 2 ? "HTTP_" + name : name);
      }
      pool.push_back(keys);
    }
    for (int i = 0; i < 4000; ++i) {
      // Most of it comes from a few, and who those are changes.
      const size_t most = i < 2000 ? 0 : 50;
      Vars vars;
      for (const std::string& key : pool[random() % 4 ? most + random() % 10 : random() % pool.size()])
        vars.emplace_back(key, std::string(random() % 3, static_cast<char>('a' + random() % 2)));
      reader.match_values(vars);
    }
  }
}

CASE("more names than fit are read as what they are") {
  Reader reader;
  for (int i = 0; i < 3000; ++i)
    reader.match({"HTTP_A" + std::to_string(i), "HTTP_B" + std::to_string(i % 7)});
  CHECK(reader.match({"HTTP_A0", "HTTP_B0"}).layout.index == LayoutTable::kUnknown);
  CHECK(reader.name(0) != NameTable::kUnknown);
  reader.match({"HTTP_A2999"});
  CHECK(reader.name(0) == NameTable::kUnknown);
}

CASE("a packet with as many vars as fit is learned like any other") {
  Reader reader;
  Keys keys;
  for (size_t i = 0; i < kMaxVars; ++i) keys.push_back(std::string(1, static_cast<char>('!' + i % 90)));
  CHECK(reader.match(keys, 20).layout.index != LayoutTable::kUnknown);
}

}  // namespace
}  // namespace uwsgi_node::test
