#include "net/http_client.h"

#include <optional>

#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/basic_parser.hpp>

#include "net/blocking_io.h"

namespace sauda::net {
namespace asio = boost::asio;
namespace http = boost::beast::http;
namespace {

using BeastView = boost::beast::string_view;

constexpr std::size_t kInputSize = 64 * 1024;
constexpr std::uint64_t kBodyMax = 64 * 1024 * 1024;

/// Writes a response into `response_` as Beast reads it.
class ResponseParser final : public http::basic_parser<false> {
public:
    explicit ResponseParser(bool is_head) {
        body_limit(kBodyMax);
        header_limit(kInputSize / 2);
        eager(true);
        skip(is_head);
    }
    ClientResponse& response() { return response_; }

private:
    void on_response_impl(int status, BeastView, int, ErrorCode&) override { response_.status = status; }
    void on_field_impl(http::field, BeastView name, BeastView value, ErrorCode&) override {
        response_.headers.add({name.data(), name.size()}, {value.data(), value.size()});
    }
    std::size_t on_body_impl(BeastView piece, ErrorCode&) override {
        response_.body.append(piece.data(), piece.size());
        return piece.size();
    }
    std::size_t on_chunk_body_impl(std::uint64_t, BeastView piece, ErrorCode& error) override {
        return on_body_impl(piece, error);
    }
    void on_request_impl(http::verb, BeastView, BeastView, int, ErrorCode&) override {}
    void on_header_impl(ErrorCode&) override {}
    void on_body_init_impl(const boost::optional<std::uint64_t>&, ErrorCode&) override {}
    void on_chunk_header_impl(std::uint64_t, BeastView, ErrorCode&) override {}
    void on_finish_impl(ErrorCode&) override {}

    ClientResponse response_;
};

/// A line break in a header would be a header of its own.
bool is_clean(std::string_view text) {
    return text.find_first_of("\r\n") == std::string_view::npos;
}

}  // namespace

struct HttpClient::Impl {
    Impl(std::string name, std::uint16_t number)
        : host(std::move(name)), port(number), socket(io), input(kInputSize, '\0') {}

    std::string authority() const {
        const bool is_ipv6 = host.find(':') != std::string::npos;
        return (is_ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
    }
    base::IoError error(const char* operation, const ErrorCode& code) const {
        const bool is_system = code.category() == boost::system::system_category();
        return {operation, authority(), is_system ? code.value() : 0, is_system ? "" : code.message()};
    }
    void close() {
        ErrorCode ignored;
        socket.close(ignored);
        input_begin = input_end = 0;
    }
    /// The server has ended the connection, or sent what was not asked for, while it was idle.
    bool is_stale();
    std::string encode(std::string_view method, std::string_view target, const ClientHeaders& headers,
                       std::string_view body) const;
    ErrorCode write(const std::string& bytes, TimePoint deadline);
    ErrorCode read(ResponseParser& parser, TimePoint deadline);
    ErrorCode read_some(TimePoint deadline);
    /// Reads past interim responses (1xx).
    ErrorCode read_final(std::optional<ResponseParser>& parser, bool is_head, TimePoint deadline);

    std::string host;
    std::uint16_t port;
    asio::io_context io;
    Socket socket;
    std::string input;
    std::size_t input_begin = 0;
    std::size_t input_end = 0;
};

std::string HttpClient::Impl::encode(std::string_view method, std::string_view target,
                                     const ClientHeaders& headers, std::string_view body) const {
    std::string out;
    out.append(method)
        .append(" ")
        .append(target)
        .append(" HTTP/1.1\r\nHost: ")
        .append(authority())
        .append("\r\n");
    for (const auto& [name, value] : headers) out.append(name).append(": ").append(value).append("\r\n");
    const bool takes_body = method != "GET" && method != "HEAD";
    if (takes_body || !body.empty()) {
        out.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n");
    }
    out.append("\r\n").append(body);
    return out;
}

bool HttpClient::Impl::is_stale() {
    char unasked = 0;
    ErrorCode error;
    socket.non_blocking(true, error);
    socket.receive(asio::buffer(&unasked, 1), Socket::message_peek, error);
    return error != asio::error::would_block;
}

ErrorCode HttpClient::Impl::write(const std::string& bytes, TimePoint deadline) {
    return run_until(
        io, deadline,
        [&](auto handler) { asio::async_write(socket, asio::buffer(bytes), std::move(handler)); },
        [&] { close(); });
}

ErrorCode HttpClient::Impl::read_some(TimePoint deadline) {
    if (input_begin > 0) {
        input.erase(0, input_begin);
        input_end -= input_begin;
        input_begin = 0;
        input.resize(kInputSize);
    }
    if (input_end == input.size()) return asio::error::no_buffer_space;
    std::size_t count = 0;
    const ErrorCode error = run_until(
        io, deadline,
        [&](auto handler) {
            socket.async_read_some(asio::buffer(input.data() + input_end, input.size() - input_end),
                                   [&count, handler](const ErrorCode& code, std::size_t bytes) mutable {
                                       count = bytes;
                                       handler(code);
                                   });
        },
        [&] { close(); });
    input_end += count;
    return error;
}

ErrorCode HttpClient::Impl::read(ResponseParser& parser, TimePoint deadline) {
    while (!parser.is_done()) {
        ErrorCode error;
        if (input_begin < input_end) {
            input_begin +=
                parser.put(asio::buffer(input.data() + input_begin, input_end - input_begin), error);
            if (error && error != http::error::need_more) return error;
            if (parser.is_done()) break;
            if (!error && input_begin < input_end) continue;
        }
        error = read_some(deadline);
        if (error == asio::error::eof && parser.got_some()) {
            parser.put_eof(error);
            if (!error) return error;
        }
        if (error) return error;
    }
    return {};
}

ErrorCode HttpClient::Impl::read_final(std::optional<ResponseParser>& parser, bool is_head,
                                       TimePoint deadline) {
    ErrorCode error;
    do {
        parser.emplace(is_head);
        error = read(*parser, deadline);
    } while (!error && parser->response().status / 100 == 1 && parser->response().status != 101);
    return error;
}

HttpClient::HttpClient(std::string host, std::uint16_t port) : impl_(new Impl(std::move(host), port)) {}

HttpClient::~HttpClient() = default;

bool HttpClient::is_connected() const {
    return impl_->socket.is_open();
}

base::Result<ClientResponse, base::IoError> HttpClient::request(std::string_view method,
                                                                std::string_view target,
                                                                const ClientHeaders& headers,
                                                                std::string_view body,
                                                                std::chrono::milliseconds timeout) {
    bool is_encodable = is_clean(method) && is_clean(target);
    for (const auto& [name, value] : headers)
        is_encodable = is_encodable && is_clean(name) && is_clean(value);
    if (!is_encodable) {
        return base::Unexpected{base::IoError{"request", impl_->authority(), 0, "a header has a line break"}};
    }
    const TimePoint deadline = Clock::now() + timeout;
    ErrorCode error;
    if (is_connected() && impl_->is_stale()) impl_->close();
    if (!is_connected()) error = connect_until(impl_->io, impl_->socket, impl_->host, impl_->port, deadline);
    const auto give_up = [&](const char* operation) {
        impl_->close();
        return base::Unexpected{impl_->error(operation, error)};
    };
    if (error) return give_up("connect to");
    // A server may answer and close before it has read all (413): then writing fails and reading does not.
    const ErrorCode write_error = impl_->write(impl_->encode(method, target, headers, body), deadline);
    std::optional<ResponseParser> parser;
    error = impl_->read_final(parser, method == "HEAD", deadline);
    if (error && write_error) error = write_error;
    if (error) return give_up("request to");
    if (!parser->keep_alive()) impl_->close();
    return std::move(parser->response());
}

base::Result<ClientResponse, base::IoError> http_request(const std::string& host, std::uint16_t port,
                                                         std::string_view method, std::string_view target,
                                                         const ClientHeaders& headers, std::string_view body,
                                                         std::chrono::milliseconds timeout) {
    HttpClient client(host, port);
    ClientHeaders with_close = headers;
    with_close.emplace_back("Connection", "close");
    return client.request(method, target, with_close, body, timeout);
}

}  // namespace sauda::net
