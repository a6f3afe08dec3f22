#include "test/native/corpus.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <stdexcept>

#include "test/native/json.h"

namespace uwsgi_node::test {

namespace {

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path.string());
  std::ostringstream bytes;
  bytes << file.rdbuf();
  return bytes.str();
}

std::vector<std::filesystem::path> json_files(const char* folder) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".json") paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

std::string bytes_beside(std::filesystem::path json) { return read_file(json.replace_extension(".bin")); }

// "xxx" may be stored as { "repeat": "x", "times": 3 }.
std::string text_of(const Json& stored) {
  if (!stored.is_object()) return stored.text();
  std::string text;
  for (uint64_t i = 0; i < stored.at("times").number(); i++) text += stored.at("repeat").text();
  return text;
}

std::vector<std::pair<std::string, std::string>> vars_of(const Json& stored) {
  std::vector<std::pair<std::string, std::string>> vars;
  for (const Json& entry : stored.list()) {
    const uint64_t times = entry.is_object() ? entry.at("times").number() : 1;
    const Json& pair = entry.is_object() ? entry.at("repeat") : entry;
    vars.insert(vars.end(), times, {text_of(pair.list().at(0)), text_of(pair.list().at(1))});
  }
  return vars;
}

InvalidReason reason_of(const std::string& word) {
  static const std::map<std::string, InvalidReason> reasons = {
      {"empty-key", InvalidReason::kEmptyKey},
      {"truncated-var", InvalidReason::kTruncatedVar},
      {"bad-content-length", InvalidReason::kBadContentLength},
      {"no-vars", InvalidReason::kNoVars},
      {"http", InvalidReason::kHttp},
      {"tls", InvalidReason::kTls},
  };
  return reasons.at(word);
}

}  // namespace

std::vector<ValidPacket> valid_packets() {
  std::vector<ValidPacket> packets;
  for (const auto& path : json_files("test/packets/valid")) {
    const Json stored = parse_json(read_file(path));
    const Json& length = stored.at("contentLength");
    packets.push_back({
        "valid/" + path.stem().string(),
        bytes_beside(path),
        static_cast<uint8_t>(stored.at("modifier1").number()),
        static_cast<uint8_t>(stored.at("modifier2").number()),
        vars_of(stored.at("vars")),
        length.is_null() ? std::nullopt : std::optional(length.number()),
        text_of(stored.at("body")),
        text_of(stored.at("surplus")),
    });
  }
  return packets;
}

std::vector<InvalidPacket> invalid_packets() {
  std::vector<InvalidPacket> packets;
  for (const auto& path : json_files("test/packets/invalid")) {
    const Json stored = parse_json(read_file(path));
    packets.push_back({
        "invalid/" + path.stem().string(),
        bytes_beside(path),
        reason_of(stored.at("reason").text()),
        static_cast<uint32_t>(stored.at("varsBefore").number()),
    });
  }
  return packets;
}

}  // namespace uwsgi_node::test
