// Which vars a request has, told cheaply apart.
//
// Front servers send the same vars in the same order again and again, and an object that is built in one go
// by code made for its keys costs a third of one that is filled key by key. So the sequence of keys of a
// request is looked up here: whole (a layout), else up to its first HTTP_* var (a prefix: what the front
// server's configuration decides, not the client) with the rest as names. All tables are bounded, and only
// what makes up a share of the traffic gets a place: a client that invents headers for every request costs a
// few lookups.
//
// Most values repeat, too: those of the front server's configuration, and those of a client that comes again.
// JavaScript holds the strings of such values, and is told where it need not make new ones. And a request
// that has the keys of the one before is not parsed at all: it is read by what differs.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "native/core/bytes.h"
#include "native/core/protocol/vars.h"

namespace uwsgi_node {

// Key sequences by index. An index may be given to another sequence later; the finder is told.
class LayoutTable {
 public:
  static constexpr uint32_t kUnknown = UINT32_MAX;
  // As many bits as a small integer of JavaScript's has.
  static constexpr uint32_t kComparedValues = 31;

  explicit LayoutTable(size_t capacity) : capacity_(capacity), candidates_(kCandidates) {
    entries_.reserve(capacity);
  }

  struct Found {
    uint32_t index = kUnknown;
    bool fresh = false;       // the index has just been given to this sequence
    uint32_t same = 0;        // bit i: the value of var i is that of the request before
    uint32_t differs_at = 0;  // no var before this one is any different from that request's
  };

  // Reads a block by what is different from the last request of the entry that was found last: the result of
  // parsing it, and `found`. Nothing, and `places` are spoilt, when the keys are others or the block is
  // malformed.
  std::optional<Vars> recall(const VarsFormat& format, Bytes block, VarPlace* places, Found* found) const;

  // Whether the keys are those of the entry that was found last.
  bool is_latest(Bytes block, const VarPlace* places, uint32_t count) const;
  uint32_t latest() const { return latest_; }
  // Of the entry that was found last; 0 when there is none.
  uint32_t latest_count() const {
    return latest_ == kUnknown ? 0 : static_cast<uint32_t>(entries_[latest_].places.size());
  }
  uint64_t latest_hash() const { return entries_[latest_].hash; }

  Found find(uint64_t hash, Bytes block, const VarPlace* places, uint32_t count);

  // Takes a request with the keys of `found` for the one that the next is compared with. Returns those of
  // found.same that JavaScript does not hold yet, and is to hold from now on.
  uint32_t remember(const Found& found, const VarsFormat& format, Bytes block, const VarPlace* places,
                    const Vars& vars);

 private:
  static constexpr size_t kCandidates = 256;
  // A sequence gets a place after so many sightings within a window of so many lookups.
  static constexpr uint32_t kSightings = 8;
  static constexpr uint32_t kWindow = 512;

  struct Entry {
    uint64_t hash = 0;
    uint32_t used_in = 0;  // window of the last use
    uint32_t held = 0;     // bit i: JavaScript holds the value of var i
    // The last request.
    const VarsFormat* format = nullptr;
    Vars vars{};
    std::vector<uint8_t> block;
    std::vector<VarPlace> places;
  };
  struct Candidate {
    uint64_t hash = 0;
    uint32_t window = 0;
    uint32_t seen = 0;
  };

  static std::optional<uint32_t> compare(const Entry& entry, Bytes block, const VarPlace* places,
                                         uint32_t count);
  bool admit(uint64_t hash);
  Found place(uint64_t hash, Bytes block, const VarPlace* places, uint32_t count);

  size_t capacity_;
  std::vector<Entry> entries_;
  std::vector<Candidate> candidates_;
  uint32_t latest_ = kUnknown;
  uint32_t lookups_ = 0;
  uint32_t window_ = 1;
};

// Names of vars by number. A number is never given to another name.
class NameTable {
 public:
  static constexpr uint16_t kUnknown = UINT16_MAX;

  NameTable();
  // kUnknown when the table is full or the name too long to be common.
  uint16_t find(uint64_t hash, Bytes name);
  // Whether the number has been seen in this request before.
  bool repeats(uint16_t number, uint32_t request);

 private:
  static constexpr size_t kCapacity = 2048;
  static constexpr size_t kSlots = 4096;
  static constexpr size_t kLongest = 64;

  // All about a name in one place and in the order of learning: what is common lies on few cache lines.
  struct Name {
    uint64_t hash;
    uint32_t seen_in;  // number of the request
    uint32_t size;
    uint8_t text[kLongest];
  };

  std::vector<uint16_t> slots_;
  std::vector<Name> names_;
};

struct VarsMatch {
  LayoutTable::Found layout;  // of all vars
  uint32_t keep = 0;          // those of layout.same whose values JavaScript does not hold yet
  LayoutTable::Found prefix;  // when there is no layout: of the first prefix_count vars
  uint32_t prefix_count = 0;
  // The part of the block that JavaScript needs: all of it, unless it holds some values already.
  uint32_t text_begin = 0;
  uint32_t text_end = 0;
  bool repeats = false;  // some name after the prefix comes twice, or may do so unnoticed
};

class VarLayouts {
 public:
  // Reads the vars of a request that has the keys of the one before; what it returns is what parsing the
  // block would have. Nothing when it is to be parsed. To be asked before each match().
  std::optional<Vars> recall(const VarsFormat& format, Bytes block, VarPlace* places);
  // Writes the number of each var's name from prefix_count on to `names`, when there is no layout.
  VarsMatch match(const VarsFormat& format, Bytes block, const VarPlace* places, const Vars& vars,
                  uint16_t* names);

 private:
  // A sequence of names from the first on, and their hash.
  struct Head {
    uint32_t count = 0;
    uint64_t hash = 0;
  };

  static void cut_text(const VarPlace* places, uint32_t count, VarsMatch* match);
  VarsMatch find(Bytes block, const VarPlace* places, uint32_t count, uint16_t* names);
  bool has_latest_prefix(Bytes block, const VarPlace* places, uint32_t count) const;
  Head hash_prefix(Bytes block, const VarPlace* places, uint32_t count);
  void number_names(Bytes block, const VarPlace* places, uint32_t count, uint16_t* names, VarsMatch& result);

  LayoutTable layouts_{32};
  LayoutTable prefixes_{8};
  NameTable names_;
  std::vector<uint64_t> hashes_;
  uint32_t requests_ = 0;
  LayoutTable::Found recalled_;  // what the last recall() has found
  bool repeats_ = false;         // the request before had the layout of the one before that: worth a try
};

}  // namespace uwsgi_node
