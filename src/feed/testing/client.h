/// What a careful client does with the messages of the feed: checks every promise, believes nothing.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace sauda::feed {

/// Rebuilds one market's order book from messages and reads its trades. Scales are those of the test market:
/// two decimals of price.
class ClientBook {
public:
    /// Takes one message of any kind. Each broken promise (a gap, a double, a wrong checksum) is a test
    /// failure.
    void take(std::string_view message);

    bool has_snapshot() const { return has_snapshot_; }
    std::uint64_t sequence() const { return sequence_; }
    /// Price times 100 to quantity, lowest price first.
    const std::map<std::int64_t, std::int64_t>& bids() const { return sides_[0]; }
    const std::map<std::int64_t, std::int64_t>& asks() const { return sides_[1]; }

    std::size_t snapshots = 0;
    std::size_t conflated_snapshots = 0;
    std::size_t updates = 0;
    std::size_t trades = 0;
    std::size_t trade_gaps = 0;
    std::uint64_t last_trade = 0;  ///< seen, or named by a gap

private:
    void check(std::uint32_t checksum) const;

    bool has_snapshot_ = false;
    std::uint64_t sequence_ = 0;
    std::map<std::int64_t, std::int64_t> sides_[2];
};

/// CRC-32 of `text` as zlib has it, worked out bit by bit: nothing in common with the code under test.
std::uint32_t crc32_bitwise(std::string_view text);

/// The value of a field of a JSON message, as text: numbers as they stand, strings without quotes. Empty when
/// there is no such field at the top level.
std::string field(std::string_view message, std::string_view name);
std::uint64_t number(std::string_view message, std::string_view name);

}  // namespace sauda::feed
