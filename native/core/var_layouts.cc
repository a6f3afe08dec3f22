#include "native/core/var_layouts.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace uwsgi_node {
namespace {

uint64_t mix(uint64_t a, uint64_t b) {
  const auto product = static_cast<unsigned __int128>(a ^ 0x9e3779b97f4a7c15u) * (b ^ 0xe7037ed1a0b428dbu);
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

uint64_t load_up_to_8(const uint8_t* at, size_t size) {
  uint64_t value = 0;
  memcpy(&value, at, size);
  return value;
}

// Every byte counts, so that two names of one length differ; who can choose names gains nothing from a
// collision, every hit is compared in full.
uint64_t hash_name(Bytes name) {
  uint64_t hash = name.size();
  size_t at = 0;
  for (; at + 8 < name.size(); at += 8) hash = mix(hash, load_up_to_8(name.data() + at, 8));
  return mix(hash, load_up_to_8(name.data() + at, name.size() - at));
}

bool is_header(Bytes name) { return name.size() > 5 && memcmp(name.data(), "HTTP_", 5) == 0; }

}  // namespace

bool LayoutTable::same_keys(const Entry& entry, Bytes block, const VarPlace* places, uint32_t count) {
  if (entry.count != count) return false;
  const char* keys = entry.keys.data();
  // From the end: what differs from client to client comes last.
  for (uint32_t i = count; i-- > 0;) {
    const auto size = static_cast<uint16_t>(places[i].key_end - places[i].key_begin);
    // The length first: two keys are compared only when they are of one size.
    uint16_t known;
    memcpy(&known, keys, sizeof known);
    keys += sizeof known;
    if (size != known ||
        !same_bytes(reinterpret_cast<const uint8_t*>(keys), block.data() + places[i].key_begin, size))
      return false;
    keys += size;
  }
  return true;
}

bool LayoutTable::is_latest(Bytes block, const VarPlace* places, uint32_t count) const {
  return latest_ < entries_.size() && same_keys(entries_[latest_], block, places, count);
}

LayoutTable::Found LayoutTable::find(uint64_t hash, Bytes block, const VarPlace* places, uint32_t count) {
  if (++lookups_ % kWindow == 0) ++window_;
  for (uint32_t i = 0; i < entries_.size(); ++i) {
    if (entries_[i].hash != hash || !same_keys(entries_[i], block, places, count)) continue;
    entries_[i].used_in = window_;
    latest_ = i;
    return {i, false};
  }
  return admit(hash) ? place(hash, block, places, count) : Found{};
}

bool LayoutTable::admit(uint64_t hash) {
  // Of two slots, so that two sequences that meet in one do not keep each other out for ever.
  Candidate* candidate = &candidates_[hash % kCandidates];
  Candidate* const other = &candidates_[(hash >> 32) % kCandidates];
  const auto counts = [&](const Candidate& slot) { return slot.window == window_ ? slot.seen : 0; };
  const auto is_own = [&](const Candidate& slot) { return slot.window == window_ && slot.hash == hash; };
  if (is_own(*other) || (!is_own(*candidate) && counts(*other) < counts(*candidate))) candidate = other;
  if (!is_own(*candidate)) {
    // A slot that several sequences fight for goes to the one that comes more often.
    if (counts(*candidate) > 1) {
      --candidate->seen;
      return false;
    }
    *candidate = {hash, window_, 0};
  }
  return ++candidate->seen >= kSightings;
}

LayoutTable::Found LayoutTable::place(uint64_t hash, Bytes block, const VarPlace* places, uint32_t count) {
  uint32_t index = static_cast<uint32_t>(entries_.size());
  if (index < capacity_) {
    entries_.emplace_back();
  } else {
    const auto oldest = std::ranges::min_element(entries_, {}, &Entry::used_in);
    if (oldest->used_in + 1 >= window_) return {};  // all in use
    index = static_cast<uint32_t>(oldest - entries_.begin());
  }
  Entry& entry = entries_[index];
  entry = {hash, count, window_, {}};
  for (uint32_t i = count; i-- > 0;) {
    const Bytes key = key_of(block, places[i]);
    const auto size = static_cast<uint16_t>(key.size());
    entry.keys.append(reinterpret_cast<const char*>(&size), sizeof size).append(as_text(key));
  }
  latest_ = index;
  return {index, true};
}

NameTable::NameTable() : slots_(kSlots, kUnknown) {}

uint16_t NameTable::find(uint64_t hash, Bytes name) {
  for (size_t slot = hash % kSlots;; slot = (slot + 1) % kSlots) {
    const uint16_t number = slots_[slot];
    if (number == kUnknown) {
      if (names_.size() == kCapacity || name.size() > kLongest) return kUnknown;
      slots_[slot] = static_cast<uint16_t>(names_.size());
      Name& added = names_.emplace_back();
      added.hash = hash;
      added.size = static_cast<uint32_t>(name.size());
      memcpy(added.text, name.data(), name.size());
      return slots_[slot];
    }
    const Name& known = names_[number];
    if (known.hash == hash && known.size == name.size() && memcmp(known.text, name.data(), name.size()) == 0)
      return number;
  }
}

bool NameTable::repeats(uint16_t number, uint32_t request) {
  return std::exchange(names_[number].seen_in, request) == request;
}

// The front server's configuration seldom changes: what the last request had up to its first header need not
// be hashed again.
bool VarLayouts::has_latest_prefix(Bytes block, const VarPlace* places, uint32_t count) const {
  const uint32_t known = prefixes_.latest_count();
  return known > 0 && known < count && is_header(key_of(block, places[known])) &&
         prefixes_.is_latest(block, places, known);
}

// Up to the first header; all vars when there is none.
VarLayouts::Head VarLayouts::hash_prefix(Bytes block, const VarPlace* places, uint32_t count) {
  Head prefix;
  for (; prefix.count < count; ++prefix.count) {
    const Bytes name = key_of(block, places[prefix.count]);
    if (is_header(name)) break;
    hashes_[prefix.count] = hash_name(name);
    prefix.hash = mix(prefix.hash, hashes_[prefix.count]);
  }
  return prefix;
}

void VarLayouts::number_names(Bytes block, const VarPlace* places, uint32_t count, uint16_t* names,
                              VarsMatch& result) {
  ++requests_;
  for (uint32_t i = result.prefix_count; i < count; ++i) {
    names[i] = names_.find(hashes_[i], key_of(block, places[i]));
    result.repeats |= names[i] == NameTable::kUnknown || names_.repeats(names[i], requests_);
  }
}

VarsMatch VarLayouts::match(Bytes block, const VarPlace* places, uint32_t count, uint16_t* names) {
  VarsMatch result;
  if (layouts_.is_latest(block, places, count)) {
    result.layout.index = layouts_.latest();
    return result;
  }
  hashes_.resize(count);
  const bool is_latest = has_latest_prefix(block, places, count);
  const Head prefix =
      is_latest ? Head{prefixes_.latest_count(), prefixes_.latest_hash()} : hash_prefix(block, places, count);
  uint64_t hash = prefix.hash;
  for (uint32_t i = prefix.count; i < count; ++i) {
    hashes_[i] = hash_name(key_of(block, places[i]));
    hash = mix(hash, hashes_[i]);
  }
  result.layout = layouts_.find(hash, block, places, count);
  if (result.layout.index != LayoutTable::kUnknown) return result;
  if (is_latest) {
    result.prefix.index = prefixes_.latest();
  } else if (prefix.count > 0 && prefix.count < count) {
    result.prefix = prefixes_.find(prefix.hash, block, places, prefix.count);
  }
  if (result.prefix.index != LayoutTable::kUnknown) result.prefix_count = prefix.count;
  number_names(block, places, count, names, result);
  return result;
}

}  // namespace uwsgi_node
