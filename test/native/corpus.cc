#include "test/native/corpus.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <stdexcept>

#include "test/native/check.h"
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

std::vector<std::filesystem::path> json_files(const std::string& folder) {
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
      {"too-many-vars", InvalidReason::kTooManyVars},
      {"version", InvalidReason::kVersion},
      {"unexpected", InvalidReason::kUnexpected},
      {"short-body", InvalidReason::kShortBody},
      {"netstring", InvalidReason::kNetstring},
      {"no-content-length", InvalidReason::kNoContentLength},
  };
  return reasons.at(word);
}

std::string folder_of(const std::string& protocol, const char* kind) {
  return (protocol.empty() ? "" : protocol + "/") + kind;
}

}  // namespace

std::vector<ValidPacket> valid_packets(const std::string& protocol) {
  std::vector<ValidPacket> packets;
  const std::string folder = folder_of(protocol, "valid");
  for (const auto& path : json_files("test/packets/" + folder)) {
    const Json stored = parse_json(read_file(path));
    const Json& length = stored.at("contentLength");
    ValidPacket& packet = packets.emplace_back(ValidPacket{
        folder + "/" + path.stem().string(),
        bytes_beside(path),
        vars_of(stored.at("vars")),
        length.is_null() ? std::nullopt : std::optional(length.number()),
        text_of(stored.at("body")),
        text_of(stored.at("surplus")),
    });
    if (protocol.empty()) {
      packet.modifier1 = static_cast<uint8_t>(stored.at("modifier1").number());
      packet.modifier2 = static_cast<uint8_t>(stored.at("modifier2").number());
    } else if (protocol == "fastcgi") {
      packet.keep = stored.at("keep").number() == 1;
      for (const Json& step : stored.at("steps").list()) packet.steps.push_back(step.text());
    }
  }
  return packets;
}

std::vector<InvalidPacket> invalid_packets(const std::string& protocol) {
  std::vector<InvalidPacket> packets;
  const std::string folder = folder_of(protocol, "invalid");
  for (const auto& path : json_files("test/packets/" + folder)) {
    const Json stored = parse_json(read_file(path));
    packets.push_back({
        folder + "/" + path.stem().string(),
        bytes_beside(path),
        reason_of(stored.at("reason").text()),
        static_cast<uint32_t>(stored.at("varsBefore").number()),
    });
  }
  return packets;
}

bool add_corpus(const std::string& protocol, const std::function<void(const std::string&)>& check_bytes,
                const std::function<void(const ValidPacket&)>& check_valid,
                const std::function<void(const InvalidPacket&)>& check_invalid) {
  for (const ValidPacket& packet : valid_packets(protocol)) {
    add_case(packet.name, [=] {
      check_bytes(packet.bytes);
      check_valid(packet);
    });
  }
  for (const InvalidPacket& packet : invalid_packets(protocol)) {
    add_case(packet.name, [=] {
      check_bytes(packet.bytes);
      check_invalid(packet);
    });
  }
  return true;
}

}  // namespace uwsgi_node::test
