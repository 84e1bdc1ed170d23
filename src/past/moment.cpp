#include "past/moment.h"

#include <algorithm>
#include <ctime>
#include <iterator>
#include <vector>

#include <fmt/format.h>

#include "codec/json_reply.h"
#include "codec/state_codec.h"
#include "core/state.h"
#include "core/types/decimal.h"

namespace sauda::past {

namespace {

using core::format_decimal;

/// What rests at one price.
struct Level {
    core::PriceTicks price;
    core::QuantityLots quantity;
    std::size_t orders = 0;
};

/// The state, and what is asked of it.
class Moment {
public:
    Moment(const core::Exchange& exchange, const MomentView& view) : state_(exchange.state()), view_(view) {}

    const core::ExchangeState& state() const { return state_; }

    bool shows(const core::MarketStateRecord& market) const {
        return view_.market.empty() || market.spec.name.view() == view_.market;
    }
    bool shows(core::AccountId account) const { return !view_.account || account == view_.account; }

    /// The best levels: orders stand in the state by priority.
    std::vector<Level> levels(core::MarketId market, core::Side side) const {
        std::vector<Level> out;
        for (const core::OrderRecord& order : state_.orders) {
            if (order.market != market || order.side != side) continue;
            if (out.empty() || out.back().price != order.price) {
                if (out.size() == view_.levels) break;
                out.push_back({order.price, {}, 0});
            }
            out.back().quantity.raw += order.leaves.raw;
            ++out.back().orders;
        }
        return out;
    }
    std::vector<core::OrderRecord> orders_of_account() const {
        std::vector<core::OrderRecord> out;
        std::ranges::copy_if(state_.orders, std::back_inserter(out), [this](const core::OrderRecord& order) {
            return view_.account && order.account == view_.account;
        });
        return out;
    }
    const core::MarketSpec& spec(core::MarketId market) const { return state_.markets[market.raw - 1].spec; }
    const core::Asset& asset(core::AssetId id) const { return state_.assets[id.raw - 1].asset; }

private:
    const core::ExchangeState state_;
    const MomentView& view_;
};

std::string account_text(core::AccountId account) {
    if (account == core::external_account) return "external";
    if (account == core::fees_account) return "fees";
    if (account == core::in_transit_account) return "in_transit";
    return std::to_string(account.raw);
}

std::string level_text(const Level& level, const core::MarketSpec& spec) {
    return fmt::format("{:>18} {:>14} {:>6}", format_decimal(level.price.raw, spec.price_scale),
                       format_decimal(level.quantity.raw, spec.quantity_scale), level.orders);
}

std::string book_text(const Moment& moment, core::MarketId id) {
    const core::MarketStateRecord& market = moment.state().markets[id.raw - 1];
    const auto bids = moment.levels(id, core::Side::buy);
    const auto asks = moment.levels(id, core::Side::sell);
    std::string out = fmt::format("\n{} ({})\n{:>18} {:>14} {:>6} | {:>18} {:>14} {:>6}\n",
                                  market.spec.name.view(), codec::market_state_text(market.state), "bid",
                                  "quantity", "orders", "ask", "quantity", "orders");
    for (std::size_t i = 0; i < std::max(bids.size(), asks.size()); ++i) {
        const std::string bid = i < bids.size() ? level_text(bids[i], market.spec) : std::string(40, ' ');
        out += bid + " |" + (i < asks.size() ? " " + level_text(asks[i], market.spec) : "") + "\n";
    }
    return out;
}

std::string balances_text(const Moment& moment) {
    std::string out = fmt::format("\n{:>10} {:>8} {:>26} {:>26}\n", "account", "asset", "available", "held");
    for (const core::BalanceRecord& balance : moment.state().balances) {
        if (!moment.shows(balance.account)) continue;
        const core::Asset& asset = moment.asset(balance.asset);
        out += fmt::format("{:>10} {:>8} {:>26} {:>26}\n", account_text(balance.account), asset.name.view(),
                           format_decimal(balance.available.raw, asset.scale),
                           format_decimal(balance.held.raw, asset.scale));
    }
    return out;
}

std::string order_text(const Moment& moment, const core::OrderRecord& order) {
    const core::MarketSpec& spec = moment.spec(order.market);
    return fmt::format("order {}: {} {} {} of {} open at {}\n", order.id.raw, spec.name.view(),
                       codec::side_text(order.side), format_decimal(order.leaves.raw, spec.quantity_scale),
                       format_decimal(order.quantity.raw, spec.quantity_scale),
                       format_decimal(order.price.raw, spec.price_scale));
}

/// Joins what `one` makes of each of `items`, those that make nothing left out.
template <class Items, class One>
std::string json_list(const Items& items, const One& one) {
    std::string out;
    for (const auto& item : items) {
        const std::string text = one(item);
        if (!text.empty()) out += (out.empty() ? "" : ",") + text;
    }
    return "[" + out + "]";
}

std::string levels_json(const std::vector<Level>& levels, const core::MarketSpec& spec) {
    return json_list(levels, [&](const Level& level) {
        return fmt::format(R"(["{}","{}",{}])", format_decimal(level.price.raw, spec.price_scale),
                           format_decimal(level.quantity.raw, spec.quantity_scale), level.orders);
    });
}

std::string market_json(const Moment& moment, core::MarketId id) {
    const core::MarketStateRecord& market = moment.state().markets[id.raw - 1];
    return fmt::format(R"({{"market":"{}","state":"{}","last_trade":{},"bids":{},"asks":{}}})",
                       market.spec.name.view(), codec::market_state_text(market.state), market.last_trade.raw,
                       levels_json(moment.levels(id, core::Side::buy), market.spec),
                       levels_json(moment.levels(id, core::Side::sell), market.spec));
}

std::string balance_json(const Moment& moment, const core::BalanceRecord& balance) {
    const core::Asset& asset = moment.asset(balance.asset);
    return fmt::format(R"({{"account":{},"asset":"{}","available":"{}","held":"{}"}})", balance.account.raw,
                       asset.name.view(), format_decimal(balance.available.raw, asset.scale),
                       format_decimal(balance.held.raw, asset.scale));
}

std::string order_json(const Moment& moment, const core::OrderRecord& order) {
    const core::MarketSpec& spec = moment.spec(order.market);
    return fmt::format(
        R"({{"order_id":{},"market":"{}","side":"{}","price":"{}","quantity":"{}","leaves":"{}"}})",
        order.id.raw, spec.name.view(), codec::side_text(order.side),
        format_decimal(order.price.raw, spec.price_scale),
        format_decimal(order.quantity.raw, spec.quantity_scale),
        format_decimal(order.leaves.raw, spec.quantity_scale));
}

}  // namespace

std::string utc_text(core::TimestampNs time) {
    const std::time_t seconds = time.milliseconds() / 1000;
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}.{:03} UTC", parts.tm_year + 1900,
                       parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                       time.milliseconds() % 1000);
}

std::string moment_text(const core::Exchange& exchange, const MomentView& view) {
    const Moment moment(exchange, view);
    const core::ExchangeState& state = moment.state();
    std::string out =
        fmt::format("after sequence {}, {}, state {:016x}, {} open orders\n", state.last.sequence.raw,
                    utc_text(state.last.time), codec::hash_state(state), state.orders.size());
    for (std::uint32_t id = 1; id <= state.markets.size(); ++id) {
        if (moment.shows(state.markets[id - 1])) out += book_text(moment, {id});
    }
    out += balances_text(moment);
    const auto orders = moment.orders_of_account();
    if (!orders.empty()) out += "\n";
    for (const core::OrderRecord& order : orders) out += order_text(moment, order);
    return out;
}

std::string moment_json(const core::Exchange& exchange, const MomentView& view) {
    const Moment moment(exchange, view);
    const core::ExchangeState& state = moment.state();
    std::vector<core::MarketId> markets;
    for (std::uint32_t id = 1; id <= state.markets.size(); ++id) {
        if (moment.shows(state.markets[id - 1])) markets.push_back({id});
    }
    std::string out = fmt::format(
        R"({{"sequence":{},"time":{},"state_hash":"{:016x}","open_orders":{},"markets":{},"balances":{})",
        state.last.sequence.raw, state.last.time.milliseconds(), codec::hash_state(state),
        state.orders.size(), json_list(markets, [&](core::MarketId id) { return market_json(moment, id); }),
        json_list(state.balances, [&](const core::BalanceRecord& balance) {
            return moment.shows(balance.account) ? balance_json(moment, balance) : std::string();
        }));
    if (view.account) {
        out += R"(,"orders":)" + json_list(moment.orders_of_account(), [&](const core::OrderRecord& order) {
                   return order_json(moment, order);
               });
    }
    return out + "}";
}

}  // namespace sauda::past
