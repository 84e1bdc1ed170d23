/// What each view writes into a checkpoint, field by field: one list for both ways. A friend of the views.
/// Internal to views.
#pragma once

#include <algorithm>
#include <cstdint>
#include <set>
#include <type_traits>
#include <vector>

#include "core/types/order.h"
#include "views/read_model.h"

namespace sauda::views {

class CheckpointAccess {
public:
    /// Coders work on const views or fill empty ones.
    template <class Coder, class T>
    using Subject = std::conditional_t<Coder::is_encoder, const T, T>;

    template <class Coder>
    static void fields(Coder& coder, Subject<Coder, ReadModel>& views) {
        coder.raw(views.catalog.last_.raw);
        coder.raw(views.accounts.now_.raw);
        fields(coder, views.catalog.listings_);
        if constexpr (!Coder::is_encoder) {
            if (!coder.ok()) return;
            views.depth.listings_ = views.accounts.listings_ = views.catalog.listings_;
            views.depth.last_ = views.trades.last_ = views.candles.last_ = views.accounts.last_ =
                views.catalog.last_;
        }
        fields(coder, views.catalog);
        fields(coder, views.depth);
        fields(coder, views.trades);
        fields(coder, views.candles);
        fields(coder, views.accounts);
    }

private:
    /// A list that is written as a count and its records; `each` codes one of them.
    template <class Coder, class List, class Each>
    static void list(Coder& coder, List& list, Each each) {
        const std::size_t count = coder.count(list.size());
        for (std::size_t i = 0; i < count && coder.ok(); ++i) {
            if constexpr (!Coder::is_encoder) list.emplace_back();
            each(list[i]);
        }
    }

    // --- Listings and catalog ---

    template <class Coder>
    static void fields(Coder& coder, Subject<Coder, Listings>& listings) {
        list(coder, listings.assets_, [&](auto& asset) {
            if constexpr (!Coder::is_encoder) {
                asset.id.raw = static_cast<std::uint32_t>(listings.assets_.size());
                listings.halted_.push_back(false);
            }
            coder.text(asset.name);
            coder.number(asset.scale);
            coder.require(asset.scale <= core::asset_scale_max);
            bool halted = listings.halted_[asset.id.raw - 1];
            coder.boolean(halted);
            if constexpr (!Coder::is_encoder) listings.halted_[asset.id.raw - 1] = halted;
        });
        const std::size_t count = coder.count(listings.markets_.size());
        for (std::size_t i = 0; i < count && coder.ok(); ++i) {
            core::MarketSpec spec = Coder::is_encoder ? listings.markets_[i].spec : core::MarketSpec{};
            core::MarketState state = Coder::is_encoder ? listings.markets_[i].state : core::MarketState{};
            fields(coder, spec);
            coder.enumerator(state, core::MarketState::halted);
            if constexpr (!Coder::is_encoder) add_market(coder, listings, spec, state);
        }
    }
    template <class Coder>
    static void fields(Coder& coder, core::MarketSpec& spec) {
        coder.text(spec.name);
        coder.number(spec.base.raw);
        coder.number(spec.quote.raw);
        coder.number(spec.price_scale);
        coder.number(spec.quantity_scale);
        coder.enumerator(spec.fee_asset, core::FeeAsset::received);
        coder.number(spec.tick);
        coder.number(spec.lot);
        coder.number(spec.min_notional.raw);
        coder.raw(spec.fees);
    }
    /// Units must be whole numbers of minor units, as core lists markets.
    template <class Coder>
    static void add_market(Coder& coder, Listings& listings, const core::MarketSpec& spec,
                           core::MarketState state) {
        const core::Asset* base = listings.find_asset(spec.base);
        const core::Asset* quote = listings.find_asset(spec.quote);
        coder.require(base != nullptr && base->scale >= spec.quantity_scale);
        coder.require(quote != nullptr && quote->scale >= spec.price_scale + spec.quantity_scale);
        if (coder.ok()) listings.add_market(spec, state);
    }

    template <class Coder>
    static void fields(Coder& coder, Subject<Coder, Catalog>& catalog) {
        coder.number(catalog.shard_);
        const std::size_t count = coder.count(catalog.accounts_.size());
        for (std::size_t i = 0; i < count && coder.ok(); ++i) {
            Catalog::Account account = Coder::is_encoder ? catalog.accounts_[i] : Catalog::Account{};
            coder.raw(account.user);
            coder.boolean(account.frozen);
            if constexpr (!Coder::is_encoder) {
                const auto id = static_cast<std::uint32_t>(core::first_user_account.raw + i);
                catalog.add_account({id}, account.user, account.frozen);
            }
        }
    }

    // --- Market data ---

    template <class Coder>
    static void fields(Coder& coder, Subject<Coder, DepthView>& depth) {
        list(coder, depth.books_, [&](auto& book) {
            coder.number(book.update_.raw);
            for (auto& levels : book.levels_) {
                list(coder, levels, [&](auto& level) {
                    coder.number(level.price.raw);
                    coder.number(level.quantity.raw);
                    coder.require(level.quantity.raw > 0);
                });
            }
        });
        coder.require(depth.books_.size() == depth.listings_.markets().size());
    }

    template <class Coder>
    static void fields(Coder& coder, Subject<Coder, TradesView>& view) {
        list(coder, view.trades_, [&](auto& trades) {
            list(coder, trades, [&](auto& trade) {
                coder.number(trade.trade.raw);
                coder.number(trade.price.raw);
                coder.number(trade.quantity.raw);
                coder.number(trade.quote.raw);
                coder.enumerator(trade.taker_side, core::Side::sell);
                coder.number(trade.time.raw);
            });
            coder.require(trades.size() <= TradesView::trades_per_market_max);
        });
    }

    template <class Coder>
    static void fields(Coder& coder, Subject<Coder, CandlesView>& view) {
        list(coder, view.markets_, [&](auto& market) {
            for (const CandleInterval interval : candle_intervals()) {
                auto& candles = market.by_interval[static_cast<std::size_t>(interval)];
                list(coder, candles, [&](auto& candle) { fields(coder, candle); });
                coder.require(candles.size() <= CandlesView::candles_kept(interval, view.limits_));
                if constexpr (!Coder::is_encoder) {
                    if (coder.ok() && !candles.empty())
                        market.ends[static_cast<std::size_t>(interval)] =
                            candle_end(interval, candles.back().start);
                }
            }
        });
    }
    template <class Coder>
    static void fields(Coder& coder, Subject<Coder, Candle>& candle) {
        coder.number(candle.start.raw);
        // So that its end fits too. The week in which 1970 began began before it.
        coder.require(candle.start.raw > -INT64_MAX / 2 && candle.start.raw < INT64_MAX / 2);
        coder.number(candle.open.raw);
        coder.number(candle.high.raw);
        coder.number(candle.low.raw);
        coder.number(candle.close.raw);
        coder.wide(candle.quantity);
        coder.wide(candle.quote);
        coder.wide(candle.taker_bought);
        coder.wide(candle.taker_bought_quote);
        coder.number(candle.first_trade.raw);
        coder.number(candle.last_trade.raw);
        coder.require(candle.first_trade && candle.first_trade <= candle.last_trade);
    }

    // --- Accounts ---

    template <class Coder>
    static void fields(Coder& coder, Subject<Coder, AccountsView>& view) {
        list(coder, view.accounts_, [&](auto& account) {
            const auto index = static_cast<std::uint32_t>(&account - view.accounts_.data());
            balances(coder, account.balances);
            coder.number(account.sequence.raw);
            orders(coder, view, account.open, {index});
            orders(coder, view, account.closed, {index});
        });
        ids(coder, view.closed_);
        if constexpr (!Coder::is_encoder) name_orders(view);
        amendments(coder, view);
        pending_transfers(coder, view);
    }

    template <class Coder, class Balances>
    static void balances(Coder& coder, Balances& balances) {
        list(coder, balances, [&](auto& balance) {
            if constexpr (!Coder::is_encoder) balance.asset.raw = static_cast<std::uint32_t>(balances.size());
            coder.number(balance.available.raw);
            coder.number(balance.held.raw);
        });
    }

    /// The orders that a list of ids names, with their ids: an account's open or closed ones.
    template <class Coder, class Ids>
    static void orders(Coder& coder, Subject<Coder, AccountsView>& view, Ids& ids, core::AccountId owner) {
        const std::size_t count = coder.count(ids.size());
        if constexpr (Coder::is_encoder) {
            for (const core::OrderId id : ids) fields(coder, view.orders_.at(id));
        } else {
            for (std::size_t i = 0; i < count && coder.ok(); ++i) {
                OrderView order;
                fields(coder, order);
                order.account = owner;
                coder.require(view.listings_.find_market(order.market) != nullptr);
                coder.require(order.is_open() == std::is_same_v<Ids, std::set<core::OrderId>>);
                coder.require(view.orders_.emplace(order.id, order).second);
                ids.insert(ids.end(), order.id);
                view.open_order_count_ += order.is_open() ? 1 : 0;
            }
        }
    }

    template <class Coder>
    static void fields(Coder& coder, Subject<Coder, OrderView>& order) {
        // Does not compile when an order gets one more member: what is new stands in checkpoints too. List it
        // below and raise checkpoint_version.
        [[maybe_unused]] const auto& [id, account, market, client_order_id, side, kind, time_in_force,
                                      post_only, status, end_cause, price, quantity, filled, leaves,
                                      quote_quantity, quote_used, filled_quote, filled_quote_complete, fees,
                                      created, updated] = order;
        coder.number(order.id.raw);
        coder.number(order.market.raw);
        coder.text(order.client_order_id);
        coder.enumerator(order.side, core::Side::sell);
        coder.enumerator(order.kind, core::OrderKind::market);
        coder.enumerator(order.time_in_force, core::TimeInForce::fok);
        coder.boolean(order.post_only);
        coder.enumerator(order.status, core::OrderStatus::expired);
        coder.enumerator(order.end_cause, core::end_cause_last);
        coder.number(order.price.raw);
        coder.number(order.quantity.raw);
        coder.number(order.filled.raw);
        coder.number(order.leaves.raw);
        coder.number(order.quote_quantity.raw);
        coder.number(order.quote_used.raw);
        coder.wide(order.filled_quote);
        coder.boolean(order.filled_quote_complete);
        coder.raw(order.fees);
        coder.number(order.created.raw);
        coder.number(order.updated.raw);
    }

    template <class Coder, class Ids>
    static void ids(Coder& coder, Ids& ids) {
        list(coder, ids, [&](auto& id) { coder.number(id.raw); });
    }

    /// Of several orders under one client order id the newest is found; ids rise.
    static void name_orders(AccountsView& view) {
        std::vector<const OrderView*> named;
        for (const auto& [id, order] : view.orders_) {
            if (!order.client_order_id.empty()) named.push_back(&order);
        }
        std::ranges::sort(named, {}, &OrderView::id);
        for (const OrderView* order : named) {
            view.by_client_id_[{order->account, order->client_order_id}] = order->id;
        }
    }

    template <class Coder>
    static void amendments(Coder& coder, Subject<Coder, AccountsView>& view) {
        list(coder, view.amended_, [&](auto& amended) {
            coder.number(amended.raw);
            if constexpr (Coder::is_encoder) {
                coder.wide(view.quote_before_amend_.at(amended.raw));
            } else {
                coder.wide(view.quote_before_amend_[amended.raw]);
            }
        });
    }

    template <class Coder>
    static void pending_transfers(Coder& coder, Subject<Coder, AccountsView>& view) {
        auto& pending = view.pending_transfers_;
        std::size_t left = coder.count(pending.size());
        if constexpr (Coder::is_encoder) {
            for (const auto& [sequence, transfer] : pending.by_sequence_) fields(coder, transfer);
        } else {
            for (; left > 0 && coder.ok(); --left) {
                PendingTransfer transfer;
                fields(coder, transfer);
                const bool is_above =
                    pending.size() == 0 || pending.by_sequence_.rbegin()->first < transfer.sequence;
                coder.require(is_above && transfer.sequence <= view.last_);
                coder.require(pending.find(transfer.reference) == nullptr);
                coder.require(view.listings_.find_asset(transfer.asset) != nullptr);
                coder.require(transfer.account.raw < view.accounts_.size() && transfer.amount.raw > 0);
                if (coder.ok()) pending.add(transfer);
            }
        }
    }
    template <class Coder>
    static void fields(Coder& coder, Subject<Coder, PendingTransfer>& transfer) {
        coder.number(transfer.sequence.raw);
        coder.number(transfer.time.raw);
        coder.number(transfer.account.raw);
        coder.number(transfer.asset.raw);
        coder.number(transfer.amount.raw);
        coder.text(transfer.reference);
        coder.text(transfer.to);
    }
};

}  // namespace sauda::views
