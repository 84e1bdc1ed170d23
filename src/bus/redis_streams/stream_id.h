/// The id of a stream entry: milliseconds and a counter, or whatever two numbers its writer chose.
#pragma once

#include <charconv>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sauda::bus::redis {

/// All of `text` as a decimal number.
inline std::optional<std::uint64_t> parse_number(std::string_view text) {
    std::uint64_t value = 0;
    const char* const end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc() || stopped != end || text.empty()) return std::nullopt;
    return value;
}

/// What is read from "0-0" is everything.
struct StreamId {
    std::uint64_t milliseconds = 0;
    std::uint64_t counter = 0;

    friend auto operator<=>(const StreamId&, const StreamId&) = default;

    bool is_zero() const { return milliseconds == 0 && counter == 0; }
    std::string text() const { return std::to_string(milliseconds) + "-" + std::to_string(counter); }
    /// The lowest id above this one. Requires: there is one.
    StreamId next() const {
        return counter == UINT64_MAX ? StreamId{milliseconds + 1, 0} : StreamId{milliseconds, counter + 1};
    }
    static std::optional<StreamId> parse(std::string_view text) {
        const std::size_t dash = text.find('-');
        if (dash == std::string_view::npos) return std::nullopt;
        const auto milliseconds = parse_number(text.substr(0, dash));
        const auto counter = parse_number(text.substr(dash + 1));
        if (!milliseconds || !counter) return std::nullopt;
        return StreamId{*milliseconds, *counter};
    }
};

}  // namespace sauda::bus::redis
