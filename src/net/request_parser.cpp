#include "net/request_parser.h"

#include <algorithm>
#include <optional>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>

#include "base/assert.h"

namespace sauda::net {
namespace {

namespace http = boost::beast::http;
using boost::beast::error_code;
using BeastView = boost::beast::string_view;

std::string_view view_of(BeastView text) {
    return {text.data(), text.size()};
}

Method method_of(http::verb verb) {
    switch (verb) {
        case http::verb::get:
            return Method::get;
        case http::verb::head:
            return Method::head;
        case http::verb::post:
            return Method::post;
        case http::verb::put:
            return Method::put;
        case http::verb::delete_:
            return Method::delete_;
        case http::verb::patch:
            return Method::patch;
        case http::verb::options:
            return Method::options;
        default:
            return Method::other;
    }
}

/// What Beast accepts and we refuse.
enum class Fault : std::uint8_t {
    none,
    target,             ///< neither a path nor an absolute URL, or a bad escape
    host,               ///< HTTP/1.1 without exactly one Host
    transfer_encoding,  ///< a coding other than chunked
    expectation,        ///< Expect: anything but 100-continue
};

/// Writes a request into `request_` as Beast reads it.
class MessageParser final : public http::basic_parser<true> {
public:
    MessageParser(std::size_t header_bytes_max, std::size_t body_bytes_max)
        : header_bytes_max_(header_bytes_max) {
        header_limit(static_cast<std::uint32_t>(header_bytes_max));
        body_limit(body_bytes_max);
        eager(true);
    }
    Request& request() { return request_; }
    Fault fault() const { return fault_; }
    bool is_http10() const { return !is_http11_; }
    bool expects_continue() const { return expects_continue_; }

private:
    void on_request_impl(http::verb verb, BeastView, BeastView target, int version,
                         error_code& error) override {
        count_header_bytes(target.size(), error);
        request_.method = method_of(verb);
        request_.target = view_of(target);
        is_http11_ = version >= 11;
    }

    void on_field_impl(http::field, BeastView name, BeastView value, error_code& error) override {
        count_header_bytes(name.size() + value.size() + kFieldOverhead, error);
        // Trailers come after the headers were judged: a late Authorization or Host must not count.
        if (!is_header_complete_) request_.headers.add(view_of(name), view_of(value));
    }

    /// Beast's own limit is on the bytes it has not used yet: fields that arrive one by one would never reach
    /// it.
    void count_header_bytes(std::size_t bytes, error_code& error) {
        header_bytes_ += bytes;
        if (header_bytes_ > header_bytes_max_) error = http::error::header_limit;
    }

    void on_header_impl(error_code& error) override {
        is_header_complete_ = true;
        fault_ = judge_header();
        if (fault_ != Fault::none) error = http::error::bad_value;
    }

    Fault judge_header() {
        const Headers& headers = request_.headers;
        const std::size_t hosts = headers.count("Host");
        if (hosts > 1 || (hosts == 0 && is_http11_)) return Fault::host;
        const auto coding = headers.find("Transfer-Encoding");
        if (coding && !equals_ignoring_case(*coding, "chunked")) return Fault::transfer_encoding;
        const auto expectation = headers.find("Expect");
        if (expectation && !equals_ignoring_case(*expectation, "100-continue")) return Fault::expectation;
        expects_continue_ = expectation.has_value() && is_http11_;
        return split_target(request_) ? Fault::none : Fault::target;
    }

    void on_body_init_impl(const boost::optional<std::uint64_t>& length, error_code&) override {
        // The declared length is a claim: memory is given as bytes arrive, beyond a first 8 KiB.
        if (length) request_.body.reserve(static_cast<std::size_t>(std::min<std::uint64_t>(*length, 8192)));
    }
    std::size_t on_body_impl(BeastView piece, error_code&) override {
        request_.body.append(piece.data(), piece.size());
        return piece.size();
    }
    void on_chunk_header_impl(std::uint64_t, BeastView, error_code&) override {}
    std::size_t on_chunk_body_impl(std::uint64_t, BeastView piece, error_code&) override {
        request_.body.append(piece.data(), piece.size());
        return piece.size();
    }
    void on_finish_impl(error_code&) override {}
    void on_response_impl(int, BeastView, int, error_code&) override {}

    static constexpr std::size_t kFieldOverhead = 4;  // ": " and CRLF

    std::size_t header_bytes_max_;
    std::size_t header_bytes_ = 0;
    Request request_;
    Fault fault_ = Fault::none;
    bool is_http11_ = true;
    bool is_header_complete_ = false;
    bool expects_continue_ = false;
};

Response malformed(std::string_view sentence) {
    return error_response(400, "malformed_request", sentence);
}

Response refusal_of(Fault fault) {
    switch (fault) {
        case Fault::target:
            return malformed("The request target is not a valid path and query.");
        case Fault::host:
            return malformed("An HTTP/1.1 request needs exactly one Host header.");
        case Fault::transfer_encoding:
            return error_response(501, "unsupported_transfer_encoding",
                                  "The only transfer encoding understood is chunked.");
        case Fault::expectation:
            return error_response(417, "unsupported_expectation",
                                  "The only expectation understood is 100-continue.");
        case Fault::none:
            break;
    }
    return malformed("The request is not valid HTTP/1.1.");
}

}  // namespace

struct RequestParser::Impl {
    std::size_t header_bytes_max;
    std::size_t body_bytes_max;
    std::optional<MessageParser> parser;  // Beast's parsers serve one message each
    error_code error;
};

RequestParser::RequestParser(std::size_t header_bytes_max, std::size_t body_bytes_max)
    : impl_(new Impl{header_bytes_max, body_bytes_max, std::nullopt, {}}) {
    start();
}

RequestParser::~RequestParser() = default;

void RequestParser::start() {
    impl_->parser.emplace(impl_->header_bytes_max, impl_->body_bytes_max);
    impl_->error = {};
}

RequestParser::Fed RequestParser::feed(std::string_view bytes) {
    MessageParser& parser = *impl_->parser;
    std::size_t used = 0;
    // Some clients end a body with a CRLF that its length does not count (RFC 9112, 2.2).
    while (!parser.got_some() && used < bytes.size() && (bytes[used] == '\r' || bytes[used] == '\n')) ++used;
    while (used < bytes.size() && !parser.is_done()) {
        const std::size_t step =
            parser.put(boost::asio::const_buffer(bytes.data() + used, bytes.size() - used), impl_->error);
        used += step;
        if (impl_->error == http::error::need_more) return {used, ParseState::need_more};
        if (impl_->error) return {used, ParseState::failed};
    }
    return {used, parser.is_done() ? ParseState::done : ParseState::need_more};
}

bool RequestParser::has_begun() const {
    return impl_->parser->got_some();
}
bool RequestParser::header_done() const {
    return impl_->parser->is_header_done();
}
bool RequestParser::wants_continue() const {
    return impl_->parser->expects_continue();
}
bool RequestParser::is_http10() const {
    return impl_->parser->is_http10();
}
bool RequestParser::keep_alive() const {
    return impl_->parser->keep_alive();
}

Response RequestParser::refusal() const {
    if (impl_->error == http::error::body_limit) {
        return error_response(
            413, "body_too_large",
            "The body is larger than the " + std::to_string(impl_->body_bytes_max) + " bytes accepted here.");
    }
    if (impl_->error == http::error::header_limit) {
        return error_response(431, "headers_too_large",
                              "The request line and headers are larger than the " +
                                  std::to_string(impl_->header_bytes_max) + " bytes accepted here.");
    }
    return refusal_of(impl_->parser->fault());
}

Request RequestParser::take() {
    ASSERT(impl_->parser->is_done());
    return std::move(impl_->parser->request());
}

}  // namespace sauda::net
