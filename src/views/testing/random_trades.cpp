#include "views/testing/random_trades.h"

#include "core/event_buffer.h"

namespace sauda::views::testing {

namespace {

constexpr std::int64_t second = 1'000'000'000;
constexpr std::int64_t day = 86'400 * second;

}  // namespace

void RandomTrades::pass_time() {
    const std::uint64_t kind = random_.below(1000);
    std::int64_t longest = 2 * second;
    if (kind < 5)
        longest = 40 * day;
    else if (kind < 30)
        longest = day;
    else if (kind < 300)
        longest = 600 * second;
    now_.raw += random_.between(0, longest);
}

std::vector<TimedTrade> RandomTrades::next() {
    pass_time();
    std::vector<TimedTrade> trades;
    for (std::uint64_t left = random_.below(4); left > 0; --left) {
        TimedTrade made{now_, {}};
        core::Trade& trade = made.trade;
        trade.market.raw = 1 + static_cast<std::uint32_t>(random_.below(last_trade_.size() - 1));
        trade.trade.raw = ++last_trade_[trade.market.raw];
        trade.price.raw = random_.between(9'000, 11'000);
        trade.quantity.raw = static_cast<decltype(trade.quantity.raw)>(random_.between(1, 0xFFFF'FFFF));
        // Amounts near the largest that exist: sums of a few do not fit 64 bits.
        trade.quote.raw = random_.between(1, std::int64_t{1} << 61);
        trade.taker_side = random_.chance(1, 2) ? core::Side::buy : core::Side::sell;
        trades.push_back(made);
    }
    all_.insert(all_.end(), trades.begin(), trades.end());
    return trades;
}

base::Bytes events_of(const std::vector<TimedTrade>& trades) {
    core::EventBuffer events;
    for (const TimedTrade& timed : trades) events.append(timed.trade);
    return {events.bytes().begin(), events.bytes().end()};
}

}  // namespace sauda::views::testing
