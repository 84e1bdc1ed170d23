/// A Response to bytes, by hand into a reused buffer: one append per line costs a third of Beast's
/// serializer, and head and body leave in one write.
#pragma once

#include <string>
#include <string_view>

#include "net/http_message.h"

namespace sauda::net {

/// What the connection adds to a response.
struct ResponseContext {
    std::string_view request_id;
    std::string_view date;              ///< as in the Date header; empty: none
    std::string_view security_headers;  ///< whole lines
    std::string_view cors_origin;       ///< allowed origin to echo; empty: no CORS headers
    bool keep_alive = true;
    bool is_http10 = false;  ///< HTTP/1.0 clients must be told when the connection stays
};

/// Appends status line and headers of `response`, with the blank line. No Content-Length for 1xx, 204,
/// 304 and what is streamed.
void append_head(std::string& out, const Response& response, const ResponseContext& context);

/// Whether a body may follow the head (RFC 9112, 6.3).
bool may_have_body(int status, Method method);

/// "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110, 5.6.7).
std::string http_date(std::int64_t unix_seconds);

}  // namespace sauda::net
