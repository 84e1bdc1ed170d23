/// Loading what commands will touch before they are applied. Changes nothing but time.
///
/// A command's way to its data is a chain: the directory leads to the slot, the slot to its level, its
/// neighbours and its account. Each link is asked for one group of commands after the one before, when that
/// has arrived: three groups ahead the first link, two ahead the second, one ahead the third, and just before
/// they are applied the fourth.
#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "core/command.h"

namespace sauda::core {

struct ExchangeImpl;
struct MarketDesk;

/// What lies ahead. Threads: the exchange's owner.
class Lookahead {
public:
    static constexpr std::size_t group = 16;

    /// As Exchange::prefetch.
    void load(const ExchangeImpl& exchange, std::span<const Command> batch, std::size_t at);

private:
    static constexpr std::size_t links = 4;

    enum class Kind : std::uint8_t { other, place, order };
    /// What is needed of a command, and found out about it: hints, which may be out of date when used.
    struct Ahead {
        Kind kind = Kind::other;
        Side side{};
        AccountId account;
        SlotIndex slot;
        PriceTicks price;  ///< zero: to no other price
        OrderId order;
        const MarketDesk* desk = nullptr;
    };
    class Links;

    static void look_at(const ExchangeImpl& exchange, const Command& command, Ahead& ahead);

    std::array<Ahead, links * group> ahead_;  // by place in the batch
};

}  // namespace sauda::core
