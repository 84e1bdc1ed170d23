/// Requests and responses as plain values: what a handler reads and what it returns.
///
/// Nothing here belongs to the HTTP library: services that include this header compile fast and can be tested
/// without a socket.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sauda::net {

/// The methods a route can name. `other` is any token the server does not know; a router answers it 405.
enum class Method : std::uint8_t { get, head, post, put, delete_, patch, options, other };

/// "GET", "DELETE", ...; "OTHER" for `other`.
std::string_view method_name(Method method);

/// ASCII case-insensitive equality, as header names and tokens need it.
bool equals_ignoring_case(std::string_view left, std::string_view right);

/// True when the comma-separated list `value` holds `token`, ignoring case: Connection: keep-alive, Upgrade.
bool list_has_token(std::string_view value, std::string_view token);

/// Header fields in order of arrival. One string holds all text, so a request costs two allocations for its
/// headers however many it has. Views stay valid until the next add() or the end of the object.
class Headers {
public:
    void add(std::string_view name, std::string_view value);
    void clear();

    /// The first value of `name` (any case), or nothing.
    std::optional<std::string_view> find(std::string_view name) const;
    /// As find(), with an empty view for a missing header.
    std::string_view get(std::string_view name) const { return find(name).value_or(std::string_view{}); }
    /// How often `name` occurs. Repeats of Host or Authorization are how requests are smuggled.
    std::size_t count(std::string_view name) const;

    std::size_t size() const { return fields_.size(); }
    /// Requires: index < size().
    std::pair<std::string_view, std::string_view> at(std::size_t index) const;

private:
    struct Field {
        std::uint32_t begin;
        std::uint32_t name_size;
        std::uint32_t value_size;
    };
    std::string text_;
    std::vector<Field> fields_;
};

/// The decoded pairs of a query string, in order. `+` and `%20` are both a space.
class Query {
public:
    void add(std::string name, std::string value) { pairs_.emplace_back(std::move(name), std::move(value)); }

    /// Has `name` this value alone; empty: it is not there.
    void set(std::string_view name, std::string value) {
        std::erase_if(pairs_, [&](const auto& pair) { return pair.first == name; });
        if (!value.empty()) pairs_.emplace_back(name, std::move(value));
    }

    /// The first value of `name` (exact case), or nothing. `?limit` and `?limit=` are both an empty value.
    std::optional<std::string_view> get(std::string_view name) const;

    const std::vector<std::pair<std::string, std::string>>& pairs() const { return pairs_; }

private:
    std::vector<std::pair<std::string, std::string>> pairs_;
};

struct Request {
    Method method = Method::get;
    std::string target;     ///< as sent, in origin form: "/order?client_order_id=7"
    std::string path;       ///< percent-decoded, without the query; begins with '/' (or is "*" for OPTIONS)
    std::string raw_query;  ///< after '?', undecoded: what a signature covers
    Query query;
    Headers headers;
    std::string body;
    std::string peer_address;  ///< "127.0.0.1" or "2001:db8::1"; an IPv4 peer of a dual socket is plain IPv4;
                               ///< behind a trusted proxy, the proxy's client
    std::uint16_t local_port = 0;  ///< the port it arrived at
    std::string request_id;  ///< echoed as X-Request-Id: the client's own when well-formed, else made here
};

class BodyStream;

struct Response {
    int status = 200;
    std::string content_type = "application/json";  ///< empty: no Content-Type header
    std::string body;
    /// When set, sent instead of `body`: a file kept in memory is not copied for every request.
    std::shared_ptr<const std::string> shared_body;
    /// When set, sent behind `body`, in chunks: see body_stream.h.
    std::shared_ptr<BodyStream> stream;
    /// Extra headers. Content-Length, Connection, Date and X-Request-Id are the server's own. Control
    /// characters in a value are written as spaces, so a value cannot smuggle a second header.
    std::vector<std::pair<std::string, std::string>> headers;

    std::string_view body_view() const { return shared_body ? std::string_view(*shared_body) : body; }
};

/// `{"status":"Error","error":"<sentence>","code":"<code>"}` with `status`. `sentence` is escaped.
Response error_response(int status, std::string_view code, std::string_view sentence);

/// "Not Found" for 404; "Unknown" for a number without a name.
std::string_view reason_phrase(int status);

/// Percent-decodes `text`; `plus_is_space` as in query strings. Nothing on a bad escape or an escaped NUL,
/// which C interfaces further in would read as an end of text.
std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space);

/// Splits request.target into path, raw_query and query. An absolute target ("http://host/path") is cut to
/// its path (RFC 9112, 3.2.2). False when an escape is malformed or the target is none of the known forms.
bool split_target(Request& request);

}  // namespace sauda::net
