#include "native/core/request_note.h"

#include <algorithm>
#include <cstring>

namespace uwsgi_node {
namespace {

constexpr size_t kLongestMethod = 24;
constexpr size_t kLongestAddress = 48;
// A write takes some nanoseconds. A writer that is not ready after so many tries is dead.
constexpr int kTries = 10'000;

}  // namespace

RequestNote::RequestNote(std::string_view method, std::string_view address, std::string_view uri) {
  append(method, kLongestMethod);
  append({"", 1}, 1);
  append(address, kLongestAddress);
  append({"", 1}, 1);
  append(uri, kRoom);
}

void RequestNote::append(std::string_view piece, size_t most) {
  const size_t size = std::min({piece.size(), most, kRoom - size_});
  std::copy_n(piece.begin(), size, text_.begin() + size_);
  size_ += size;
}

RequestNote RequestNote::of(Bytes block, const VarPlace* places, const Vars& vars) {
  const auto value = [&](uint16_t number, std::string_view otherwise = {}) {
    return number == 0 ? otherwise : as_text(value_of(block, places[number - 1]));
  };
  const std::string_view uri = value(vars.request_uri);
  return {value(vars.request_method, "GET"), value(vars.remote_addr),
          uri.empty() ? value(vars.path_info) : uri};
}

void SharedNote::write(std::string_view text) {
  // One that died in the midst of a note has left it odd.
  const uint32_t sequence = sequence_.load(std::memory_order_relaxed) | 1;
  sequence_.store(sequence, std::memory_order_relaxed);
  const size_t size = std::min(text.size(), RequestNote::kRoom);
  size_.store(static_cast<uint32_t>(size), std::memory_order_release);
  for (size_t at = 0; at < size; at += sizeof(uint64_t)) {
    uint64_t word = 0;
    memcpy(&word, text.data() + at, std::min(sizeof word, size - at));
    words_[at / sizeof word].store(word, std::memory_order_release);
  }
  sequence_.store(sequence + 1, std::memory_order_release);
}

std::string SharedNote::read() const {
  std::string text;
  for (int i = 0; i < kTries; ++i) {
    if (try_read(&text)) return text;
  }
  return {};
}

bool SharedNote::try_read(std::string* into) const {
  const uint32_t before = sequence_.load(std::memory_order_acquire);
  if (before % 2 != 0) return false;
  const size_t size = std::min<size_t>(size_.load(std::memory_order_acquire), RequestNote::kRoom);
  into->resize(size);
  for (size_t at = 0; at < size; at += sizeof(uint64_t)) {
    const uint64_t word = words_[at / sizeof word].load(std::memory_order_acquire);
    memcpy(into->data() + at, &word, std::min(sizeof word, size - at));
  }
  return sequence_.load(std::memory_order_relaxed) == before;
}

}  // namespace uwsgi_node
