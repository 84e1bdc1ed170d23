#include "core/lookahead.h"

#include <algorithm>
#include <utility>

#include "core/exchange_impl.h"

namespace sauda::core {

/// The links of one command's chain.
class Lookahead::Links {
public:
    /// Requires: there is a market.
    explicit Links(const ExchangeImpl& exchange) : exchange_(exchange) {}

    /// What a command says of itself. One that names no market or account that there is touches nothing.
    void look_at(const Command& command, Ahead& ahead) const {
        ahead = {};
        ahead.desk = exchange_.markets.data();
        if (const auto* place = std::get_if<PlaceOrder>(&command.body)) {
            look_at(*place, ahead);
        } else if (const auto* amend = std::get_if<AmendOrder>(&command.body)) {
            ahead.account = amend->account;
            ahead.order = amend->order;
            ahead.price = amend->price;
            ahead.comes = amend->price.raw > 0;
        } else if (const auto* cancel = std::get_if<CancelOrder>(&command.body)) {
            ahead.account = cancel->account;
            ahead.order = cancel->order;
        }
    }

    // With levels that are far. No branches: what does not concern a command is replaced by what is near.

    /// The account, and where the directory says where the order is.
    void first(const Ahead& ahead) const {
        exchange_.accounts.prefetch(ahead.account);
        exchange_.directory.prefetch_entry(ahead.order);
    }

    /// The order; of a new one, that which it will follow in the list of its account.
    void second(Ahead& ahead) const {
        const SlotIndex last = exchange_.accounts[choose(ahead.is_new, ahead.account, {})].last_open;
        ahead.slot = choose(ahead.is_new, last, exchange_.directory.find_near(ahead.order));
        orders().prefetch_slot(ahead.slot);
    }

    /// Its level and neighbours, those in the list of its account only where it goes.
    void third(Ahead& ahead) const {
        const OrderSlot& order = orders().slot(ahead.slot);
        const auto touched = [&](bool yes, SlotIndex slot) {
            orders().prefetch_slot(choose(yes, slot, ahead.slot));
        };
        ahead.level = choose(ahead.is_new, LevelIndex{}, order.level);
        exchange_.levels.prefetch_level(ahead.level);
        touched(!ahead.is_new, order.next);
        touched(!ahead.is_new, order.previous);
        touched(!ahead.comes, order.account_next);
        touched(!ahead.comes, order.account_previous);
        ahead.side = choose(ahead.is_new, ahead.side, order.side);
    }

    /// The market.
    void fourth(Ahead& ahead) const {
        const MarketDesk* const desk = exchange_.find_market(exchange_.levels.market_of(ahead.level));
        ahead.desk = desk == nullptr ? ahead.desk : desk;
        ahead.desk->prefetch();
    }

    /// The base that it is paid from or will be, and where the book says where its level is.
    void fifth(const Ahead& ahead) const {
        const bool has_base = ahead.is_new | (ahead.side == Side::sell);
        exchange_.ledger.prefetch_far(choose(has_base, ahead.account, {}), ahead.desk->market.spec.base);
        ahead.desk->book.prefetch_directory(ahead.side, ahead.price);
    }

    /// The level that it meets others at: the best opposite one, or else its own.
    void sixth(Ahead& ahead) const {
        const OrderBook& book = ahead.desk->book;
        ahead.crosses = ahead.comes & book.crosses(ahead.side, ahead.price);
        ahead.level = choose(ahead.crosses, book.levels(opposite(ahead.side)).best(),
                             book.levels(ahead.side).find_any(ahead.price));
        exchange_.levels.prefetch_level(ahead.level);
    }

    /// The first maker of one that crosses, or the last order of the level that it joins.
    void seventh(Ahead& ahead) const {
        const Level& level = exchange_.levels.level(ahead.level);
        ahead.slot = choose(ahead.crosses, level.head, level.tail);
        orders().prefetch_slot(ahead.slot);
    }

    /// The first maker's, and, where that is not enough, what leads to the second.
    void eighth(Ahead& ahead) const {
        if (!ahead.crosses) return;
        exchange_.prefetch_maker(ahead.slot, ahead.desk->market.spec.base);
        const OrderSlot& maker = orders().slot(ahead.slot);
        ahead.crosses = ahead.quantity > maker.leaves;
        if (!ahead.crosses) return;
        ahead.slot = maker.next;
        if (maker.next) return;
        ahead.level = ahead.desk->book.levels(opposite(ahead.side)).next(ahead.level);
        exchange_.levels.prefetch_level(ahead.level);
    }

    /// The second maker, where it stands at another price.
    void ninth(Ahead& ahead) const {
        if (!ahead.crosses || ahead.slot) return;
        ahead.slot = exchange_.levels.level(ahead.level).head;
        orders().prefetch_slot(ahead.slot);
    }

    /// The second maker's.
    void tenth(const Ahead& ahead) const {
        if (ahead.crosses) exchange_.prefetch_maker(ahead.slot, ahead.desk->market.spec.base);
    }

    // With levels that are near. The way is short, and to ask what a command is costs less than to load what
    // it may not need.

    void first_near(const Ahead& ahead) const {
        exchange_.accounts.prefetch(ahead.account);
        if (!ahead.is_new) exchange_.directory.prefetch_entry(ahead.order);
    }
    void second_near(Ahead& ahead) const {
        if (ahead.is_new) {
            orders().prefetch_slot(exchange_.accounts[ahead.account].last_open);
            exchange_.ledger.prefetch_far(ahead.account, ahead.desk->market.spec.base);
            // Also of one that crosses: to guess which does costs more.
            ahead.desk->book.prefetch_tail(ahead.side, ahead.price);
            return;
        }
        ahead.slot = exchange_.directory.find(ahead.order);
        orders().prefetch_slot(ahead.slot);
    }

private:
    const OrderPool& orders() const { return exchange_.orders; }

    void look_at(const PlaceOrder& place, Ahead& ahead) const {
        const MarketDesk* desk = exchange_.find_market(place.market);
        if (desk == nullptr || !exchange_.accounts.is_users(place.account)) return;
        ahead.is_new = ahead.comes = true;
        ahead.desk = desk;
        ahead.account = place.account;
        ahead.side = place.side;
        ahead.price = place.price;
        ahead.quantity = static_cast<std::uint32_t>(place.quantity.raw);
    }

    const ExchangeImpl& exchange_;
};

/// Loads each link of the commands that `range(link)` tells, as first and end: the first link before the
/// others.
template <class Range>
void Lookahead::load(const Links& of, std::span<const Command> batch, const Range& range) {
    const auto each = [&](std::size_t link, auto&& load_one) {
        const auto [first, end] = range(link);
        for (std::size_t i = first; i < end; ++i) load_one(i, ahead_[i % ahead_.size()]);
    };
    if (way_ == Way::near) {
        each(1, [&](std::size_t i, Ahead& ahead) {
            of.look_at(batch[i], ahead);
            of.first_near(ahead);
        });
        each(4, [&](std::size_t, Ahead& ahead) { of.second_near(ahead); });
        each(7, [&](std::size_t, Ahead& ahead) {
            if (!ahead.is_new) of.third(ahead);
        });
        return;
    }
    each(1, [&](std::size_t i, Ahead& ahead) {
        of.look_at(batch[i], ahead);
        of.first(ahead);
    });
    each(2, [&](std::size_t, Ahead& ahead) { of.second(ahead); });
    each(3, [&](std::size_t, Ahead& ahead) { of.third(ahead); });
    each(4, [&](std::size_t, Ahead& ahead) { of.fourth(ahead); });
    each(5, [&](std::size_t, const Ahead& ahead) { of.fifth(ahead); });
    each(6, [&](std::size_t, Ahead& ahead) { of.sixth(ahead); });
    each(7, [&](std::size_t, Ahead& ahead) { of.seventh(ahead); });
    each(8, [&](std::size_t, Ahead& ahead) { of.eighth(ahead); });
    each(9, [&](std::size_t, Ahead& ahead) { of.ninth(ahead); });
    each(10, [&](std::size_t, const Ahead& ahead) { of.tenth(ahead); });
}

/// With levels that are near (few pages, as one market has however many orders rest in it) the way is short.
Lookahead::Way Lookahead::way_of(const ExchangeImpl& exchange) {
    if (!exchange.has_far_data() || exchange.market_count == 0) return Way::none;
    return exchange.has_far_levels() ? Way::far : Way::near;
}

bool Lookahead::begin(const ExchangeImpl& exchange, std::span<const Command> batch) {
    way_ = way_of(exchange);
    if (way_ == Way::none) return false;
    // Up to where go_on() takes each link up.
    load(Links(exchange), batch, [&](std::size_t link) {
        return std::pair(std::size_t{0}, std::min((links - link) * stride, batch.size()));
    });
    return true;
}

void Lookahead::go_on(const ExchangeImpl& exchange, std::span<const Command> batch, std::size_t at) {
    ASSERT(way_ != Way::none);
    const Links of(exchange);
    const auto group_ahead = [&](std::size_t link) {
        const std::size_t first = at + (links - link) * stride;
        return std::pair(first, first + group);
    };
    // Nearly always all of them are there, and are known to be two.
    if (group_ahead(1).second <= batch.size()) [[likely]]
        return load(of, batch, group_ahead);
    load(of, batch, [&](std::size_t link) {
        const auto [first, end] = group_ahead(link);
        return std::pair(first, std::min(end, batch.size()));
    });
}

}  // namespace sauda::core
