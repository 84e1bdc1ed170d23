/// Time inside commands: nanoseconds since 1970-01-01 UTC. Core never reads a clock.
#pragma once

#include <compare>
#include <cstdint>

namespace sauda::core {

struct TimestampNs {
    std::int64_t raw = 0;
    friend constexpr auto operator<=>(const TimestampNs&, const TimestampNs&) = default;
    constexpr std::int64_t milliseconds() const { return raw / 1'000'000; }
};

/// Nanoseconds from one moment to another.
struct DurationNs {
    std::int64_t raw = 0;
    friend constexpr auto operator<=>(const DurationNs&, const DurationNs&) = default;
    friend constexpr TimestampNs operator+(TimestampNs from, DurationNs span) {
        return {from.raw + span.raw};
    }
};

}  // namespace sauda::core
