/// Bytes of one HTTP/1.1 request to a Request, incrementally. Beast's parser does the grammar and refuses
/// what is used for smuggling (two lengths, a length with chunks); it writes straight into our Request.
///
/// Threads: one owner.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "net/http_message.h"

namespace sauda::net {

enum class ParseState : std::uint8_t {
    need_more,  ///< all bytes that could be used are used
    done,       ///< take() has the request; unused bytes belong to the next one
    failed,     ///< refusal() says how to answer; the connection cannot go on
};

class RequestParser {
public:
    RequestParser(std::size_t header_bytes_max, std::size_t body_bytes_max);
    ~RequestParser();
    RequestParser(const RequestParser&) = delete;
    RequestParser& operator=(const RequestParser&) = delete;

    /// Forgets the previous request and expects a new one.
    void start();

    struct Fed {
        std::size_t used;
        ParseState state;
    };
    /// Parses from the front of `bytes`. What was not used must be in front of the next call's bytes.
    /// Requires: start() was called and the last state was need_more.
    Fed feed(std::string_view bytes);

    /// True once any byte of the request has been used: the peer has begun.
    bool has_begun() const;
    /// True once the headers are complete.
    bool header_done() const;
    /// True when the client waits for "100 Continue" before it sends its body.
    bool wants_continue() const;
    /// Whether the connection stays open after the response. Requires: header_done().
    bool keep_alive() const;

    /// An HTTP/1.0 client must be told when its connection stays open. Requires: header_done().
    bool is_http10() const;

    /// The response that refuses what failed: 400 malformed_request, 413 body_too_large, 431
    /// headers_too_large, ...
    Response refusal() const;

    /// The request, without what only the connection knows (peer_address, local_port, request_id).
    /// Requires: the last state was done.
    Request take();

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace sauda::net
