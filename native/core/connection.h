// One accepted connection: one request and one response, with FastCGI one after the other.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "native/core/bytes.h"
#include "native/core/deadlines.h"
#include "native/core/protocol/fastcgi.h"
#include "native/core/request_note.h"
#include "native/core/response_writer.h"

namespace uwsgi_node {

enum class ConnectionState : uint8_t {
  kFree,
  kIdle,      // kept open between two requests
  kReading,   // the packet, or a body that is to be complete before the application runs
  kRunning,   // with the application
  kFlushing,  // the response is complete, some of it waits for the peer to read
  kDraining,  // the response is sent; what is left of the request body is read away, so that no reset
              // destroys it
};

struct Connection;

// Until when the application must have answered. A connection itself is the node of what its peer must do.
struct RequestDeadline : DeadlineNode {
  explicit RequestDeadline(Connection& owner) : connection(owner) {}
  Connection& connection;
};

struct Connection : DeadlineNode {
  explicit Connection(uint32_t number) : id(number) {}

  const uint32_t id;
  int fd = -1;
  ConnectionState state = ConnectionState::kFree;
  Protocol protocol = Protocol::kUwsgi;
  bool unix_peer = true;
  bool response_begun = false;
  bool wants_body = false;  // an asynchronous reader waits for the next chunk
  bool upgraded = false;    // a pipe: what the peer sends has no length
  bool was_full = false;    // the socket did not take all of a response
  bool parked = false;      // idle, and not looked at before another request is over
  uint32_t generation = 0;  // raised with every connection that has this slot
  uint32_t armed = 0;       // events registered with epoll; 0: not registered

  // What has been read and not yet consumed, once the engine's shared buffer is not enough. While reading it
  // is the packet from its first byte; while running it is the part of a streamed body that came with the
  // packet. Of FastCGI the records are taken out of it.
  std::unique_ptr<uint8_t[]> buffer;
  size_t capacity = 0;
  size_t begin = 0;
  size_t end = 0;

  // The host's: when the application got the request, and the first digit of the response's status, if any.
  uint64_t started_us = 0;
  uint8_t status = 0;

  // With harakiri only.
  RequestDeadline deadline{*this};
  uint64_t armed_ms = 0;              // since when its time counts; 0: the peer is waited for
  std::unique_ptr<RequestNote> note;  // once the application has not answered at once

  uint64_t content_length = 0;
  uint64_t body_taken = 0;  // bytes of the body handed on or read away

  fastcgi::Input input;
  std::vector<uint8_t> following;  // what came behind the request: the beginning of the next

  ResponseWriter response;

  MutableBytes buffered() const { return {buffer.get() + begin, end - begin}; }
  // The next piece of a streamed body, or its end, is here without the socket's becoming readable.
  bool body_is_here() const { return begin < end || body_left() == 0 || input.ended; }
  uint64_t body_left() const { return content_length - body_taken; }
};

}  // namespace uwsgi_node
