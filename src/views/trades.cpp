#include "views/trades.h"

#include <algorithm>

#include "core/event_reader.h"

namespace sauda::views {

TradesView::TradesView(const core::ExchangeState& state)
    : last_(state.last.sequence), trades_(state.markets.size()) {}

bool TradesView::apply(core::Sequence sequence, core::TimestampNs time, base::ByteView events) {
    if (sequence <= last_) return true;
    last_ = sequence;
    return core::for_each_event(events, core::Overloaded{
                                            [&](const core::Trade& event) {
                                                if (event.market.raw > trades_.size())
                                                    trades_.resize(event.market.raw);
                                                auto& trades = trades_[event.market.raw - 1];
                                                trades.push_back({event.trade, event.price, event.quantity,
                                                                  event.quote, event.taker_side, time});
                                                if (trades.size() > trades_per_market_max) trades.pop_front();
                                            },
                                            [](const auto&) {},
                                        });
}

std::vector<PublicTrade> TradesView::recent(core::MarketId market, std::size_t limit,
                                            core::TradeId before) const {
    if (market.raw < 1 || market.raw > trades_.size()) return {};
    const auto& trades = trades_[market.raw - 1];
    const auto end =
        before ? std::ranges::lower_bound(trades, before, {}, &PublicTrade::trade) : trades.end();
    const auto count =
        std::min(static_cast<std::ptrdiff_t>(std::min(limit, trades.size())), end - trades.begin());
    return {std::make_reverse_iterator(end), std::make_reverse_iterator(end - count)};
}

}  // namespace sauda::views
