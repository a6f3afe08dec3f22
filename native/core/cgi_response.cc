#include "native/core/cgi_response.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "native/core/protocol/fastcgi.h"

namespace uwsgi_node {
namespace {

constexpr std::string_view kHttp = "HTTP/1.";
constexpr std::string_view kHttpVersion = "HTTP/1.1 ";
constexpr std::string_view kStatus = "Status: ";

// The parts of one send. What it adds itself lives as long as it does.
class Parts {
 public:
  void add(const Segment& part) {
    if (part.size > 0 || part.release != nullptr) parts_[count_++] = part;
  }
  void add(std::string_view text) {
    add(Segment{reinterpret_cast<const uint8_t*>(text.data()), text.size()});
  }
  std::span<const Segment> get() const { return {parts_.data(), count_}; }

 private:
  std::array<Segment, ResponseWriter::kMostParts> parts_;
  size_t count_ = 0;
};

// The owner stays with the last slice of a segment: what is kept is let go of in order.
Segment take_slice(Segment& segment, size_t size) {
  Segment slice = segment;
  segment.data += size;
  segment.size -= size;
  slice.size = size;
  if (segment.size == 0) {
    segment = {};
  } else if (slice.release != nullptr) {
    slice.release = [](void*) {};
    slice.hold = nullptr;
  }
  return slice;
}

bool is_http_head(const Segment& head) {
  return head.size > kHttpVersion.size() && as_text(head.bytes()).starts_with(kHttp);
}

// A whole response, framed where it lies: one buffer costs a send less than several.
WriteResult write_framed(ResponseWriter& writer, int fd, const Segment& response, uint16_t record_id) {
  static_assert(kStatus.size() <= kHttpVersion.size());
  static_assert(fastcgi::kHeaderSize <= Segment::kFrameRoom && fastcgi::kEndSize <= Segment::kFrameRoom);
  auto* begin = const_cast<uint8_t*>(response.data) + kHttpVersion.size() - kStatus.size();
  uint8_t* end = const_cast<uint8_t*>(response.data) + response.size;
  std::memcpy(begin, kStatus.data(), kStatus.size());
  if (record_id != 0) {
    const auto content = static_cast<size_t>(end - begin);
    begin -= fastcgi::kHeaderSize;
    fastcgi::write_header(begin, fastcgi::Type::kStdout, record_id, content);
    fastcgi::write_end(end, record_id);
    end += fastcgi::kEndSize;
  }
  return writer.write(fd, {begin, static_cast<size_t>(end - begin)}, {});
}

}  // namespace

WriteResult write_as_cgi(ResponseWriter& writer, int fd, Segment first, Segment second,
                         const CgiFraming& framing) {
  if (first.has_frame_room && second.size == 0 && framing.begins && framing.ends && is_http_head(first) &&
      first.size <= fastcgi::kMaxContent)
    return write_framed(writer, fd, first, framing.record_id);
  std::string_view status;
  Segment& head = first.size > 0 ? first : second;
  if (framing.begins && is_http_head(head)) {
    status = kStatus;
    head.data += kHttpVersion.size();
    head.size -= kHttpVersion.size();
  }
  WriteResult result = writer.pending() ? WriteResult::kAgain : WriteResult::kDone;
  for (bool over = false; !over && result != WriteResult::kDead;) {
    const size_t left = status.size() + first.size + second.size;
    const size_t content = framing.record_id == 0 ? left : std::min(left, fastcgi::kMaxContent);
    over = content == left;
    if (left == 0 && !framing.ends) break;
    Parts parts;
    uint8_t header[fastcgi::kHeaderSize];
    if (framing.record_id != 0 && content > 0) {
      fastcgi::write_header(header, fastcgi::Type::kStdout, framing.record_id, content);
      parts.add({header, sizeof header});
    }
    parts.add(status);
    size_t room = content - status.size();
    status = {};
    for (Segment* segment : {&first, &second}) {
      const size_t size = std::min(room, segment->size);
      if (size > 0) parts.add(take_slice(*segment, size));
      room -= size;
    }
    uint8_t end[fastcgi::kEndSize];
    if (framing.record_id != 0 && over && framing.ends) {
      fastcgi::write_end(end, framing.record_id);
      parts.add({end, sizeof end});
    }
    if (!parts.get().empty()) result = writer.write_parts(fd, parts.get());
  }
  discard(first, second);
  return result;
}

}  // namespace uwsgi_node
