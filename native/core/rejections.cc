#include "native/core/rejections.h"

namespace uwsgi_node {
namespace {

// Without a Content-Length: the response ends where the connection does.
#define UWSGI_NODE_PLAIN(status, text) \
  "HTTP/1.1 " status "\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n" text "\n"

constexpr std::string_view kBadRequest = UWSGI_NODE_PLAIN("400 Bad Request", "Bad Request");
constexpr std::string_view kWrongProtocol =
    UWSGI_NODE_PLAIN("400 Bad Request",
                     "This socket speaks the uwsgi protocol, not HTTP. For HTTP use the option http-socket.");
constexpr std::string_view kTimeout = UWSGI_NODE_PLAIN("408 Request Timeout", "Request Timeout");
constexpr std::string_view kTooLarge = UWSGI_NODE_PLAIN("413 Content Too Large", "Content Too Large");
constexpr std::string_view kVarsTooLarge =
    UWSGI_NODE_PLAIN("431 Request Header Fields Too Large", "Request Header Fields Too Large");
constexpr std::string_view kUnavailable = UWSGI_NODE_PLAIN("503 Service Unavailable", "Service Unavailable");

#undef UWSGI_NODE_PLAIN

}  // namespace

std::string_view response_to(Rejection reason) {
  switch (reason) {
    case Rejection::kMalformed:
      return kBadRequest;
    case Rejection::kHttp:
      return kWrongProtocol;
    case Rejection::kTooSlow:
      return kTimeout;
    case Rejection::kBodyTooLarge:
      return kTooLarge;
    case Rejection::kVarsTooLarge:
      return kVarsTooLarge;
    case Rejection::kStopped:
      return kUnavailable;
    case Rejection::kTls:
    case Rejection::kModifier:
    case Rejection::kTruncated:
    case Rejection::kOutOfDescriptors:
      return {};
  }
  return {};
}

}  // namespace uwsgi_node
