// FastCGI 1.0, as a responder reads it: records of eight bytes of header, up to 65535 bytes of content and
// some padding. A request is FCGI_BEGIN_REQUEST, vars in FCGI_PARAMS, a body in FCGI_STDIN; both streams end
// with an empty record. One connection carries one request after the other.
//
// Nothing here does I/O or allocates. What a peer has sent may come in any pieces: the state between two is
// an Input, which belongs to the connection.
#pragma once

#include <array>
#include <cstdint>

#include "native/core/protocol/vars.h"

namespace uwsgi_node::fastcgi {

constexpr size_t kHeaderSize = 8;
constexpr uint8_t kVersion = 1;

enum class Type : uint8_t {
  kBeginRequest = 1,
  kAbortRequest = 2,
  kEndRequest = 3,
  kParams = 4,
  kStdin = 5,
  kStdout = 6,
  kGetValues = 9,
  kGetValuesResult = 10,
  kUnknownType = 11,
};

// Section 8, protocolStatus.
enum class EndStatus : uint8_t { kComplete = 0, kCannotMultiplex = 1, kUnknownRole = 3 };

struct Record {
  Type type;
  uint16_t id;
  uint16_t content;
  uint8_t padding;

  size_t size() const { return kHeaderSize + content + padding; }
};

// What is known of the request that a connection is in the middle of, and where its reading stands.
struct Input {
  uint16_t id = 0;    // 0: no request
  bool keep = false;  // FCGI_KEEP_CONN
  bool has_head = false;
  bool has_length = false;  // CONTENT_LENGTH came; else the end of stdin tells
  bool ended = false;       // stdin's end has come: what follows belongs to the next request

  // Of the head, as offsets into what has been read: the vars so far in one piece, and the first record that
  // has not been looked at.
  size_t block_begin = 0;
  size_t block_end = 0;
  size_t at = 0;

  // Of stdin: the record in whose midst the bytes read so far end.
  std::array<uint8_t, kHeaderSize> header{};
  uint8_t header_size = 0;
  uint8_t padding_left = 0;
  uint16_t content_left = 0;
};

enum class Step : uint8_t {
  kNeedMore,     // `wanted` bytes are wanted next
  kHead,         // the vars are complete: input.block_begin to block_end; stdin begins at input.at
  kBody,         // all bytes given were taken
  kEnd,          // stdin has ended
  kAborted,      // FCGI_ABORT_REQUEST
  kMultiplexed,  // another request begins while one is unfinished: `record.id`
  kUnknownRole,  // neither responder nor anything else known: `record.id`
  kValues,       // FCGI_GET_VALUES; `content` has the names
  kUnknownType,  // a management record of another type: `record.type`
  kTooLarge,     // the vars take more than they may: `wanted` bytes so far
  kInvalid,      // `reason`
};

// What happened, up to the first thing that somebody has to do something about. The rest is read by calling
// again.
struct Progress {
  Step step;
  InvalidReason reason = InvalidReason::kNone;
  size_t wanted = 0;
  Record record{};
  Bytes content{};
  // Of read_stdin: bytes of body, now at the front of what was given, and bytes taken.
  size_t body = 0;
  size_t taken = 0;
};

// Reads the head of a request. `bytes` is everything that has come and was not dropped since the request
// began; vars that came in several records are moved together in it. `most` is the largest vars block.
Progress read_head(MutableBytes bytes, size_t most, Input& input);

// Takes the records of the head that have been read out of the way: the vars so far are moved to the front of
// `bytes`, what has not been looked at behind them. Returns how many bytes are left.
size_t drop_read_records(MutableBytes bytes, Input& input);

// Reads stdin from any piece of it, and moves the body in it together at the front.
Progress read_stdin(MutableBytes bytes, Input& input);

extern const VarsFormat kFormat;

// Reads a vars block. `places` has room for kMaxVars entries.
Vars parse_params(Bytes block, VarPlace* places);

// The first whole record, if there is one.
bool first_record(Bytes bytes, Record* record);

// --- what goes out

constexpr size_t kMaxContent = 65528;  // the largest that needs no padding

void write_header(uint8_t* at, Type type, uint16_t id, size_t content);
constexpr size_t kEndRequestSize = kHeaderSize + 8;
// FCGI_END_REQUEST without anything before it: a request that is refused.
void write_end_request(uint8_t* at, uint16_t id, EndStatus status);
// The end of stdout, and FCGI_END_REQUEST.
constexpr size_t kEndSize = kHeaderSize + kEndRequestSize;
void write_end(uint8_t* at, uint16_t id);

// The answer to FCGI_GET_VALUES with these names; returns its size. `most` is how many connections and
// requests at once.
constexpr size_t kMostValues = 128;
size_t write_values(uint8_t* at, Bytes names, uint32_t most);
constexpr size_t kUnknownTypeSize = kHeaderSize + 8;
void write_unknown_type(uint8_t* at, Type type);

}  // namespace uwsgi_node::fastcgi
