#include "net/client_address.h"

#include <algorithm>
#include <optional>

#include <boost/asio/ip/address.hpp>

namespace sauda::net {

namespace {

std::string_view trimmed(std::string_view text) {
    const std::size_t begin = text.find_first_not_of(" \t");
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

/// Every X-Forwarded-For of the request, as one list.
std::string forwarded(const Headers& headers) {
    std::string all;
    for (std::size_t i = 0; i < headers.size(); ++i) {
        const auto [name, value] = headers.at(i);
        if (!equals_ignoring_case(name, "X-Forwarded-For")) continue;
        if (!all.empty()) all += ',';
        all += value;
    }
    return all;
}

/// In the one spelling that addresses are compared in.
std::optional<std::string> spelled(std::string_view text) {
    boost::system::error_code error;
    const auto address = boost::asio::ip::make_address(std::string(text), error);
    if (error) return std::nullopt;
    return address.to_string();
}

}  // namespace

std::string client_address(std::string_view peer, const Headers& headers,
                           const std::vector<std::string>& trusted) {
    const auto is_trusted = [&](std::string_view address) {
        return std::ranges::find(trusted, address) != trusted.end();
    };
    std::string client(peer);
    if (trusted.empty() || !is_trusted(client)) return client;
    const std::string list = forwarded(headers);
    std::string_view left = list;
    while (is_trusted(client)) {
        const std::size_t comma = left.rfind(',');
        const std::string_view newest =
            trimmed(comma == std::string_view::npos ? left : left.substr(comma + 1));
        const auto address = spelled(newest);
        if (!address) break;
        client = *address;
        if (comma == std::string_view::npos) break;
        left = left.substr(0, comma);
    }
    return client;
}

}  // namespace sauda::net
