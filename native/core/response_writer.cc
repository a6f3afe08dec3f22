#include "native/core/response_writer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>

#include "native/core/protocol/fastcgi.h"

namespace uwsgi_node {
namespace {

void let_go(const Segment& segment) {
  if (segment.release != nullptr && segment.hold == nullptr) segment.release(segment.owner);
}

// send and sendmsg are a little cheaper on sockets than write and writev, which go through the file layer
// first.
ssize_t send_parts(int fd, iovec* parts, size_t count, int flags = 0) {
  msghdr message{};
  message.msg_iov = parts;
  message.msg_iovlen = count;
  return sendmsg(fd, &message, MSG_NOSIGNAL | flags);
}

iovec to_iovec(const uint8_t* data, size_t size) { return {const_cast<uint8_t*>(data), size}; }

bool would_block(int error) { return error == EAGAIN || error == EWOULDBLOCK || error == ENOBUFS; }

}  // namespace

void discard(const Segment& first, const Segment& second) {
  let_go(first);
  let_go(second);
}

WriteResult ResponseWriter::write(int fd, Segment first, Segment second) {
  size_t sent = 0;
  if (!pending()) {
    ssize_t result;
    do {
      if (first.size == 0 || second.size == 0) {
        const Segment& only = first.size == 0 ? second : first;
        result = send(fd, only.data, only.size, MSG_NOSIGNAL);
      } else {
        iovec parts[] = {to_iovec(first.data, first.size), to_iovec(second.data, second.size)};
        result = send_parts(fd, parts, 2);
      }
    } while (result < 0 && errno == EINTR);
    if (result < 0 && !would_block(errno)) {
      discard(first, second);
      return WriteResult::kDead;
    }
    sent = result < 0 ? 0 : static_cast<size_t>(result);
    if (sent == first.size + second.size) {
      discard(first, second);
      return WriteResult::kDone;
    }
  }
  keep(first, std::min(sent, first.size));
  keep(second, sent > first.size ? sent - first.size : 0);
  return WriteResult::kAgain;
}

WriteResult ResponseWriter::write_parts(int fd, std::span<const Segment> parts) {
  size_t sent = 0;
  if (!pending()) {
    iovec vectors[kMostParts];
    for (size_t i = 0; i < parts.size(); ++i) vectors[i] = to_iovec(parts[i].data, parts[i].size);
    ssize_t result;
    do result = send_parts(fd, vectors, parts.size());
    while (result < 0 && errno == EINTR);
    if (result < 0 && !would_block(errno)) {
      for (const Segment& part : parts) let_go(part);
      return WriteResult::kDead;
    }
    sent = result < 0 ? 0 : static_cast<size_t>(result);
  }
  for (const Segment& part : parts) {
    const size_t done = std::min(sent, part.size);
    sent -= done;
    keep(part, done);
  }
  return pending() ? WriteResult::kAgain : WriteResult::kDone;
}

void ResponseWriter::keep(Segment segment, size_t skip) {
  const size_t left = segment.size - skip;
  if (left == 0) {
    let_go(segment);
    return;
  }
  if (segment.hold != nullptr) {
    segment.owner = segment.hold(segment.owner);
    segment.hold = nullptr;
  } else if (segment.release == nullptr) {
    auto* copy = static_cast<uint8_t*>(malloc(left));
    memcpy(copy, segment.data + skip, left);
    segment = {copy, left, free, copy};
    skip = 0;
  }
  kept_.push_back({segment, skip});
  pending_bytes_ += left;
}

WriteResult ResponseWriter::flush(int fd) {
  WriteResult result = flush_kept(fd);
  if (result != WriteResult::kDone || file_ < 0) return result;
  result = flush_file(fd);
  // The end of the request, behind the file.
  return result == WriteResult::kDone ? flush_kept(fd) : result;
}

void ResponseWriter::keep_file(int file, off_t offset, size_t size, uint16_t record_id) {
  file_ = file;
  file_offset_ = offset;
  file_left_ = size;
  record_id_ = record_id;
  record_left_ = 0;
}

// A fast reader takes a large file in portions, so that others get their turn.
WriteResult ResponseWriter::flush_file(int fd) {
  constexpr size_t kPortion = 1024 * 1024;
  size_t room = kPortion;
  while (file_left_ > 0) {
    if (room == 0) return WriteResult::kAgain;
    if (record_id_ != 0 && record_left_ == 0) {
      const WriteResult begun = begin_record(fd);
      if (begun != WriteResult::kDone) return begun;
    }
    const size_t most = record_id_ == 0 ? file_left_ : record_left_;
    const ssize_t sent = sendfile(fd, file_, &file_offset_, std::min(most, room));
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && would_block(errno)) return WriteResult::kAgain;
    // Nothing: the file has become shorter than the response says it is.
    if (sent <= 0) return WriteResult::kDead;
    const auto size = static_cast<size_t>(sent);
    file_left_ -= size;
    room -= size;
    if (record_id_ != 0) record_left_ -= size;
  }
  close(file_);
  file_ = -1;
  if (record_id_ != 0) {
    uint8_t end[fastcgi::kEndSize];
    fastcgi::write_end(end, record_id_);
    keep_copy(end, sizeof end);
  }
  return WriteResult::kDone;
}

// The header of a record with the next part of the file.
WriteResult ResponseWriter::begin_record(int fd) {
  record_left_ = std::min(file_left_, fastcgi::kMaxContent);
  uint8_t header[fastcgi::kHeaderSize];
  fastcgi::write_header(header, fastcgi::Type::kStdout, record_id_, record_left_);
  keep_copy(header, sizeof header);
  return flush_kept(fd);
}

WriteResult ResponseWriter::flush_kept(int fd) {
  while (!kept_.empty()) {
    constexpr int kBatch = 16;
    iovec parts[kBatch];
    int count = 0;
    for (const Kept& kept : kept_) {
      if (count == kBatch) break;
      parts[count++] = to_iovec(kept.segment.data + kept.at, kept.segment.size - kept.at);
    }
    // The header of a record waits for the file behind it.
    const ssize_t result = send_parts(fd, parts, static_cast<size_t>(count), file_left_ > 0 ? MSG_MORE : 0);
    if (result < 0) {
      if (errno == EINTR) continue;
      return would_block(errno) ? WriteResult::kAgain : WriteResult::kDead;
    }
    auto sent = static_cast<size_t>(result);
    pending_bytes_ -= sent;
    while (sent > 0) {
      Kept& kept = kept_.front();
      const size_t left = kept.segment.size - kept.at;
      if (sent < left) {
        kept.at += sent;
        break;
      }
      sent -= left;
      let_go(kept.segment);
      kept_.pop_front();
    }
  }
  return WriteResult::kDone;
}

void ResponseWriter::clear() {
  for (const Kept& kept : kept_) let_go(kept.segment);
  kept_.clear();
  pending_bytes_ = 0;
  if (file_ >= 0) close(file_);
  file_ = -1;
  file_left_ = 0;
}

}  // namespace uwsgi_node
