#include "net/response_writer.h"

#include <array>
#include <charconv>
#include <ctime>

namespace sauda::net {
namespace {

void append_number(std::string& out, std::uint64_t number) {
    std::array<char, 20> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    out.append(digits.data(), static_cast<std::size_t>(end - digits.data()));
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
    out.append(name).append(": ");
    for (const char c : value) {
        const bool is_control = (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F;
        out += is_control ? ' ' : c;
    }
    out.append("\r\n");
}

void append_status_line(std::string& out, int status) {
    if (status == 200) {
        out.append("HTTP/1.1 200 OK\r\n");
        return;
    }
    out.append("HTTP/1.1 ");
    append_number(out, static_cast<std::uint64_t>(status));
    out.append(" ").append(reason_phrase(status)).append("\r\n");
}

}  // namespace

bool may_have_body(int status, Method method) {
    return method != Method::head && status >= 200 && status != 204 && status != 304;
}

void append_head(std::string& out, const Response& response, const ResponseContext& context) {
    append_status_line(out, response.status);
    if (!response.content_type.empty() && response.status != 204) {
        append_field(out, "Content-Type", response.content_type);
    }
    if (response.stream) {
        // The end of the connection is what an HTTP/1.0 client knows as the end of such a body.
        if (!context.is_http10) out.append("Transfer-Encoding: chunked\r\n");
    } else if (may_have_body(response.status, Method::get)) {
        out.append("Content-Length: ");
        append_number(out, response.body_view().size());
        out.append("\r\n");
    }
    if (!context.keep_alive) out.append("Connection: close\r\n");
    if (context.keep_alive && context.is_http10) out.append("Connection: keep-alive\r\n");
    if (!context.date.empty()) out.append("Date: ").append(context.date).append("\r\n");
    if (!context.request_id.empty()) append_field(out, "X-Request-Id", context.request_id);
    if (!context.cors_origin.empty()) {
        append_field(out, "Access-Control-Allow-Origin", context.cors_origin);
        out.append("Access-Control-Expose-Headers: X-Request-Id, Retry-After\r\nVary: Origin\r\n");
    }
    out.append(context.security_headers);
    for (const auto& [name, value] : response.headers) append_field(out, name, value);
    out.append("\r\n");
}

std::string http_date(std::int64_t unix_seconds) {
    static constexpr std::array<const char*, 7> kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static constexpr std::array<const char*, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const std::time_t seconds = unix_seconds;
    std::tm utc{};
    gmtime_r(&seconds, &utc);
    std::array<char, 40> text{};
    // strftime would write the names in the process's locale.
    const int size = std::snprintf(text.data(), text.size(), "%s, %02d %s %04d %02d:%02d:%02d GMT",
                                   kDays[static_cast<std::size_t>(utc.tm_wday)], utc.tm_mday,
                                   kMonths[static_cast<std::size_t>(utc.tm_mon)], utc.tm_year + 1900,
                                   utc.tm_hour, utc.tm_min, utc.tm_sec);
    return {text.data(), static_cast<std::size_t>(size)};
}

}  // namespace sauda::net
