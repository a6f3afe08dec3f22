// A response as FastCGI and SCGI want it: the head begins as a CGI program's does (RFC 3875, section 6.3.3),
// and over FastCGI everything goes out in records. Heads come as HTTP has them, whatever the protocol: their
// first bytes are exchanged here.
#pragma once

#include "native/core/protocol/vars.h"
#include "native/core/response_writer.h"

namespace uwsgi_node {

struct CgiFraming {
  uint16_t record_id;  // of the FastCGI request; 0: no records
  bool begins;         // these are the response's first bytes
  bool ends;           // and its last
};

// Sends the segments, or keeps them behind what is already kept; takes over their owners whatever the result.
// A response of up to 64 KiB, from its head to the end of the request, is one send.
WriteResult write_as_cgi(ResponseWriter& writer, int fd, Segment first, Segment second,
                         const CgiFraming& framing);

}  // namespace uwsgi_node
