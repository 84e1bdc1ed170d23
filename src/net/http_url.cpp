#include "net/http_url.h"

#include <charconv>

namespace sauda::net {

namespace {

constexpr std::string_view scheme = "http://";

/// Takes the host off the front of `rest`; empty where there is none.
std::string take_host(std::string_view& rest) {
    const bool is_bracketed = rest.starts_with('[');
    const std::size_t end = is_bracketed ? rest.find(']') : rest.find(':');
    if (is_bracketed && end == std::string_view::npos) return {};
    std::string host(is_bracketed ? rest.substr(1, end - 1) : rest.substr(0, end));
    rest.remove_prefix(is_bracketed ? end + 1 : host.size());
    return host;
}

/// Zero where it is none.
std::uint16_t port_of(std::string_view text) {
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    return error == std::errc() && end == text.data() + text.size() ? port : std::uint16_t{0};
}

}  // namespace

std::optional<HttpAddress> parse_http_url(std::string_view url) {
    if (!url.starts_with(scheme)) return std::nullopt;
    std::string_view rest = url.substr(scheme.size());
    if (rest.ends_with('/')) rest.remove_suffix(1);
    if (rest.find_first_of("/@?#") != std::string_view::npos) return std::nullopt;
    HttpAddress address;
    address.host = take_host(rest);
    if (address.host.empty()) return std::nullopt;
    if (rest.empty()) return address;
    if (!rest.starts_with(':')) return std::nullopt;
    address.port = port_of(rest.substr(1));
    if (address.port == 0) return std::nullopt;
    return address;
}

}  // namespace sauda::net
