/// Identifiers. Each is its own type: an account cannot be passed for a market.
#pragma once

#include <array>
#include <compare>
#include <cstdint>

namespace sauda::core {

/// A number that names something. Zero names nothing.
template <class Tag, class Raw>
struct Id {
    Raw raw = 0;
    friend constexpr auto operator<=>(const Id&, const Id&) = default;
    constexpr explicit operator bool() const { return raw != 0; }
};

/// One of two, by value. (`c ? a : b` of two variables chooses between their places, and keeps both in
/// memory.)
template <class Tag, class Raw>
constexpr Id<Tag, Raw> choose(bool first, Id<Tag, Raw> a, Id<Tag, Raw> b) {
    return {first ? a.raw : b.raw};
}

using AccountId = Id<struct AccountTag, std::uint32_t>;
using AssetId = Id<struct AssetTag, std::uint32_t>;
using MarketId = Id<struct MarketTag, std::uint32_t>;
using OrderId = Id<struct OrderTag, std::uint64_t>;      ///< rises strictly, below 2^53, never reused
using TradeId = Id<struct TradeTag, std::uint64_t>;      ///< rises by one per market
using UpdateId = Id<struct UpdateTag, std::uint64_t>;    ///< book-update id, rises by one per market
using Sequence = Id<struct SequenceTag, std::uint64_t>;  ///< a command's place in the total order
/// Rises by one with each private event of an account.
using AccountSequence = Id<struct AccountSequenceTag, std::uint64_t>;

/// Where an open order stands in the OrderPool. Reused after the order has gone. Zero: none.
using SlotIndex = Id<struct SlotTag, std::uint32_t>;

/// Accounts that belong to the exchange. Users' accounts start at `first_user_account`.
inline constexpr AccountId external_account{1};  ///< where deposits come from and withdrawals go
inline constexpr AccountId fees_account{2};      ///< what fees earned, less rebates
/// The net position towards the other shards: what was sent to them less what came from them. Below zero
/// where more came. Summed over all shards it is what is under way.
inline constexpr AccountId in_transit_account{3};
inline constexpr AccountId first_user_account{16};

/// Whether a balance of the account may be below zero: of those through which money comes and goes.
constexpr bool may_owe(AccountId account) {
    return account == external_account || account == in_transit_account;
}

/// A user of identity, or an operator: 16 bytes (RFC 4122).
struct Uuid {
    std::array<std::uint8_t, 16> bytes{};
    friend constexpr auto operator<=>(const Uuid&, const Uuid&) = default;
};

/// A lease on an account: who holds it, and its number with him. Zero: the account's own countdown, which its
/// owner renews himself.
struct LeaseId {
    std::uint64_t holder = 0;  ///< one run of a server, which answers for many connections
    std::uint64_t number = 0;  ///< of the connection
    friend constexpr auto operator<=>(const LeaseId&, const LeaseId&) = default;
    constexpr bool is_countdown() const { return holder == 0; }
};

/// Who asked, and the how-many-eth of his requests: redelivery of the same pair is applied once.
struct CommandId {
    std::uint64_t gateway = 0;
    std::uint64_t sequence = 0;
    friend constexpr auto operator<=>(const CommandId&, const CommandId&) = default;
};

}  // namespace sauda::core
