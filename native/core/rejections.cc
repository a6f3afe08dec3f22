#include "native/core/rejections.h"

namespace uwsgi_node {
namespace {

// With a Content-Length: whoever has read that much is done, and a reset behind it (input that was left
// unread) does not spoil the response.
#define UWSGI_NODE_PLAIN(status, length, text)                                 \
  "HTTP/1.1 " status "\r\nContent-Type: text/plain\r\nContent-Length: " length \
  "\r\nConnection: close\r\n\r\n" text "\n"

constexpr std::string_view kBadRequest = UWSGI_NODE_PLAIN("400 Bad Request", "12", "Bad Request");
constexpr std::string_view kWrongProtocol = UWSGI_NODE_PLAIN(
    "400 Bad Request", "70", "This socket does not speak HTTP. For HTTP use the option http-socket.");
constexpr std::string_view kTimeout = UWSGI_NODE_PLAIN("408 Request Timeout", "16", "Request Timeout");
constexpr std::string_view kTooLarge = UWSGI_NODE_PLAIN("413 Content Too Large", "18", "Content Too Large");
constexpr std::string_view kVarsTooLarge =
    UWSGI_NODE_PLAIN("431 Request Header Fields Too Large", "32", "Request Header Fields Too Large");
constexpr std::string_view kUnavailable =
    UWSGI_NODE_PLAIN("503 Service Unavailable", "20", "Service Unavailable");
constexpr std::string_view kGatewayTimeout = UWSGI_NODE_PLAIN("504 Gateway Timeout", "16", "Gateway Timeout");

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
    case Rejection::kHarakiri:
      return kGatewayTimeout;
    case Rejection::kTls:
    case Rejection::kModifier:
    case Rejection::kTruncated:
    case Rejection::kOutOfDescriptors:
      return {};
  }
  return {};
}

}  // namespace uwsgi_node
