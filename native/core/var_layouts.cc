#include "native/core/var_layouts.h"

#include <algorithm>
#include <bit>
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

// Added to a place so many times, it moves it by so many bytes: all four offsets at once.
constexpr uint64_t kEachOffset = 0x0001'0001'0001'0001;

bool are_same(Bytes a, Bytes b) { return a.size() == b.size() && same_bytes(a.data(), b.data(), a.size()); }

// Bit i for every var i < count that has one.
constexpr uint32_t bits_below(uint32_t count) {
  return (uint32_t{1} << std::min(count, LayoutTable::kComparedValues)) - 1;
}

// False when it is none, or when another one counts.
bool replace_content_length(Bytes value, uint32_t i, Vars* vars) {
  vars->has_content_length = !value.empty();
  return vars->content_length_at == i + 1 && parse_content_length(value, &vars->content_length);
}

void move_places(const VarPlace* from, uint32_t count, size_t by, VarPlace* to) {
  if (by == 0) {
    std::copy_n(from, count, to);
    return;
  }
  const uint64_t shift = kEachOffset * by;
  for (uint32_t i = 0; i < count; ++i)
    to[i] = std::bit_cast<VarPlace>(std::bit_cast<uint64_t>(from[i]) + shift);
}

bool is_header(Bytes name) { return name.size() >= 5 && memcmp(name.data(), "HTTP_", 5) == 0; }

}  // namespace

// Which values are the entry's; none of it when a key is not. Neighbours that are the same in both are found
// in one go: most of a request is what it was in the one before.
std::optional<uint32_t> LayoutTable::compare(const Entry& entry, Bytes block, const VarPlace* places,
                                             uint32_t count) {
  // What differs from client to client comes last: looked at first.
  const VarPlace* const known = entry.places.data();
  if (entry.places.size() != count ||
      !are_same(key_of(entry.block, known[count - 1]), key_of(block, places[count - 1])))
    return {};
  uint32_t values = 0;
  // A run of equal bytes, and how much further on it is in the new block.
  size_t equal_until = 0;
  uint64_t shift = 0;
  for (uint32_t i = 0; i < count; ++i) {
    const uint64_t moved = std::bit_cast<uint64_t>(places[i]) - std::bit_cast<uint64_t>(known[i]);
    if (moved != shift || equal_until < known[i].value_end) {
      if (key_of(entry.block, known[i]).size() != key_of(block, places[i]).size()) return {};
      equal_until = known[i].key_begin + common_size(Bytes(entry.block).subspan(known[i].key_begin),
                                                     block.subspan(places[i].key_begin));
      if (equal_until < known[i].key_end) return {};
      shift = kEachOffset * static_cast<uint64_t>(places[i].key_begin - known[i].key_begin);
      if (moved != shift || equal_until < known[i].value_end) continue;
    }
    if (i < kComparedValues) values |= uint32_t{1} << i;
  }
  return values;
}

bool LayoutTable::is_latest(Bytes block, const VarPlace* places, uint32_t count) const {
  return latest_ != kUnknown && compare(entries_[latest_], block, places, count).has_value();
}

// What both begin with is read as it was; then comes a var that differs, which is read anew, and behind it
// both go on. So the cost is that of comparing, however many vars there are.
std::optional<Vars> LayoutTable::recall(const VarsFormat& format, Bytes block, VarPlace* places,
                                        Found* found) const {
  if (latest_ == kUnknown || entries_[latest_].format != &format) return {};
  const Entry& entry = entries_[latest_];
  const Bytes known(entry.block);
  Vars vars = entry.vars;
  *found = {latest_};
  found->differs_at = kUnknown;
  // Where var i begins in both.
  size_t known_at = 0;
  size_t at = 0;
  for (uint32_t i = 0;; ++i) {
    const size_t equal_until = known_at + common_size(known.subspan(known_at), block.subspan(at));
    const uint32_t from = i;
    const auto is_whole = [&](const VarPlace& place) { return place.value_end + format.gap <= equal_until; };
    const auto end = std::partition_point(entry.places.begin() + i, entry.places.end(), is_whole);
    i = static_cast<uint32_t>(end - entry.places.begin());
    move_places(entry.places.data() + from, i - from, at - known_at, places + from);
    found->same |= bits_below(i) & ~bits_below(from);
    const size_t begin = i == 0 ? 0 : entry.places[i - 1].value_end + format.gap;
    at += begin - known_at;
    if (i == vars.count) break;
    found->differs_at = std::min(found->differs_at, i);
    if (!format.next(block, &at, &places[i])) return {};
    const Bytes key = key_of(block, places[i]);
    if (!are_same(key, key_of(known, entry.places[i]))) return {};
    if (is_name(key, "CONTENT_LENGTH") && !replace_content_length(value_of(block, places[i]), i, &vars))
      return {};
    known_at = entry.places[i].value_end + format.gap;
  }
  if (at != block.size()) return {};
  return vars;
}

LayoutTable::Found LayoutTable::find(uint64_t hash, Bytes block, const VarPlace* places, uint32_t count) {
  if (++lookups_ % kWindow == 0) ++window_;
  for (uint32_t i = 0; i < entries_.size(); ++i) {
    if (entries_[i].hash != hash) continue;
    const std::optional<uint32_t> same = compare(entries_[i], block, places, count);
    if (!same) continue;
    entries_[i].used_in = window_;
    latest_ = i;
    return {i, false, *same};
  }
  return admit(hash) ? place(hash, block, places, count) : Found{};
}

uint32_t LayoutTable::remember(const Found& found, const VarsFormat& format, Bytes block,
                               const VarPlace* places, const Vars& vars) {
  Entry& entry = entries_[found.index];
  entry.format = &format;
  entry.vars = vars;
  const size_t from = found.differs_at;
  const size_t count = entry.places.size();
  if (from < count) {
    // The lengths of a var stand before it.
    const size_t begin = from == 0 ? 0 : places[from - 1].value_end;
    std::copy(places + from, places + count, entry.places.data() + from);
    entry.block.resize(block.size());
    memcpy(entry.block.data() + begin, block.data() + begin, block.size() - begin);
  }
  return found.same & ~std::exchange(entry.held, found.same);
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
  entries_[index] = {.hash = hash,
                     .used_in = window_,
                     .block = {block.begin(), block.end()},
                     .places = {places, places + count}};
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

// From the first value that JavaScript does not hold to the last one.
void VarLayouts::cut_text(const VarPlace* places, uint32_t count, VarsMatch* match) {
  const uint32_t missing = bits_below(count) & ~match->layout.same;
  if (count > LayoutTable::kComparedValues) {
    const auto first = std::min<uint32_t>(std::countr_zero(missing), LayoutTable::kComparedValues);
    match->text_begin = places[first].value_begin;
  } else if (missing == 0) {
    match->text_end = 0;
  } else {
    match->text_begin = places[std::countr_zero(missing)].value_begin;
    match->text_end = places[std::bit_width(missing) - 1].value_end;
  }
}

std::optional<Vars> VarLayouts::recall(const VarsFormat& format, Bytes block, VarPlace* places) {
  recalled_ = {};
  if (!repeats_) return {};
  LayoutTable::Found found;
  const std::optional<Vars> vars = layouts_.recall(format, block, places, &found);
  if (vars) recalled_ = found;
  return vars;
}

VarsMatch VarLayouts::match(const VarsFormat& format, Bytes block, const VarPlace* places, const Vars& vars,
                            uint16_t* names) {
  VarsMatch result;
  result.layout = recalled_;
  const uint32_t before = layouts_.latest();
  if (recalled_.index == LayoutTable::kUnknown) result = find(block, places, vars.count, names);
  const bool known = result.layout.index != LayoutTable::kUnknown;
  repeats_ = known && result.layout.index == before;
  if (known) result.keep = layouts_.remember(result.layout, format, block, places, vars);
  result.text_end = static_cast<uint32_t>(block.size());
  if (known && !result.layout.fresh && result.keep == 0) cut_text(places, vars.count, &result);
  return result;
}

VarsMatch VarLayouts::find(Bytes block, const VarPlace* places, uint32_t count, uint16_t* names) {
  VarsMatch result;
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
