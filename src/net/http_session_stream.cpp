// Bodies that are made piece by piece.
#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include "net/body_stream.h"
#include "net/http_session.h"
#include "net/response_writer.h"

namespace sauda::net {
namespace asio = boost::asio;
namespace {

/// The line before a chunk (RFC 9112, 7.1).
void append_chunk_size(std::string& out, std::size_t size) {
    std::array<char, 16> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), size, 16).ptr;
    out.append(digits.data(), static_cast<std::size_t>(end - digits.data())).append("\r\n");
}

}  // namespace

/// Sends the head and what the stream gives, each piece once the client has taken the one before. False when
/// it could not be sent whole.
asio::awaitable<bool> HttpSession::respond_in_pieces(const Response& response, const Exchange& exchange) {
    const bool is_chunked = !exchange.is_http10;
    std::optional<std::string> piece(response.body);
    if (!may_have_body(response.status, exchange.method)) piece.reset();
    const bool has_body = piece.has_value();
    while (piece) {
        // A chunk without bytes would be the end.
        if (!piece->empty() && is_chunked) append_chunk_size(head_, piece->size());
        if (!piece->empty() && is_chunked) piece->append("\r\n");
        const bool is_written = co_await write_rest(head_, *piece);
        if (!is_written || state_->is_stopping) co_return false;
        head_.clear();
        deadline_ = TimePoint::max();
        try {
            std::optional<std::string> next = co_await response.stream->next();
            piece = std::move(next);
        } catch (const std::exception& error) {
            failed(exchange.request_id, error.what());
            co_return false;
        }
    }
    if (has_body && is_chunked) head_.append("0\r\n\r\n");
    const bool is_ended = co_await write_rest(head_, {});
    co_return is_ended;
}

}  // namespace sauda::net
