#include "core/lookahead.h"

#include <algorithm>
#include <utility>

#include "core/exchange_impl.h"
#include "core/types/either.h"

namespace sauda::core {

/// The links of one command's chain.
class Lookahead::Links {
public:
    /// Requires: there is a market.
    explicit Links(const ExchangeImpl& exchange) : exchange_(exchange) {}

    /// What a command says of itself. Of a new order for a market or account that is not there: nothing.
    void look_at(const Command& command, Ahead& ahead) const {
        if (const auto* place = std::get_if<PlaceOrder>(&command.body)) return look_at(*place, ahead);
        AccountId account;
        OrderId order;
        PriceTicks price;
        bool moves = false;
        if (const auto* amend = std::get_if<AmendOrder>(&command.body)) {
            account = amend->account;
            order = amend->order;
            price = amend->price;
            moves = price.raw > 0;
        } else if (const auto* cancel = std::get_if<CancelOrder>(&command.body)) {
            account = cancel->account;
            order = cancel->order;
        }
        ahead.told_at = exchange_.directory.entry_of(order);
        ahead.price = price;
        ahead.account = account;
        ahead.market = 0;
        ahead.rested = ~0u;
        ahead.departs = moves ? 0 : ~0u;
        ahead.quantity = 0;
        ahead.comes = moves;
        ahead.side = Side{};
    }

    // With levels that are far. No branches: what does not concern a command is replaced by what is near.

    /// The account, and where the directory says where the order is.
    void first(const Ahead& ahead) const {
        exchange_.accounts.prefetch(ahead.account);
        prefetch_line(ahead.told_at);
    }

    /// The order; of a new one, that which it will follow in the list of its account.
    void second(Ahead& ahead) const {
        ahead.named = ahead.slot = *ahead.told_at;
        orders().prefetch_slot(ahead.slot);
    }

    /// Its level and neighbours, those in the list of its account only where it goes.
    void third(Ahead& ahead) const {
        const OrderSlot& order = orders().slot(ahead.slot);
        ahead.level = LevelIndex{order.level.raw & ahead.rested};
        exchange_.books.levels.prefetch_level(ahead.level);
        orders().prefetch_slot({order.next.raw & ahead.rested});
        orders().prefetch_slot({order.previous.raw & ahead.rested});
        orders().prefetch_slot({order.account_next.raw & ahead.departs});
        orders().prefetch_slot({order.account_previous.raw & ahead.departs});
        ahead.side = Side(static_cast<std::uint32_t>(ahead.side) |
                          (static_cast<std::uint32_t>(order.side) & ahead.rested));
    }

    /// The market.
    void fourth(Ahead& ahead) const {
        const std::uint32_t its = exchange_.books.levels.market_of(ahead.level).raw - 1;
        ahead.desk = exchange_.markets.data() + (ahead.market | (its & ahead.rested));
        ahead.desk->prefetch();
    }

    /// The base that it is paid from or will be, and where the book says where its level is.
    void fifth(Ahead& ahead) const {
        const MarketDesk& desk = *ahead.desk;
        ahead.crosses = ahead.comes & desk.book.crosses(ahead.side, ahead.price);
        const bool has_base = ahead.crosses | (ahead.side == Side::sell);
        exchange_.ledger.prefetch_far(ahead.account, desk.market.spec.base, has_base);
        desk.book.prefetch_directory(ahead.side, ahead.price);
    }

    /// The level that it meets others at: the best opposite one, or else its own.
    void sixth(Ahead& ahead) const {
        const OrderBook& book = ahead.desk->book;
        ahead.level = either(ahead.crosses, book.makers_for(ahead.side).best(),
                             book.levels(ahead.side).find_any(ahead.price));
        exchange_.books.levels.prefetch_level(ahead.level);
    }

    /// The first maker of one that crosses, or the last order of the level that it joins.
    void seventh(Ahead& ahead) const {
        const Level& level = exchange_.books.levels.level(ahead.level);
        ahead.slot = either(ahead.crosses, level.head, level.tail);
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
        ahead.level = ahead.desk->book.makers_for(ahead.side).next(ahead.level);
        exchange_.books.levels.prefetch_level(ahead.level);
    }

    /// The second maker, where it stands at another price.
    void ninth(Ahead& ahead) const {
        if (!ahead.crosses || ahead.slot) return;
        ahead.slot = exchange_.books.levels.level(ahead.level).head;
        orders().prefetch_slot(ahead.slot);
    }

    /// The second maker's.
    void tenth(const Ahead& ahead) const {
        if (ahead.crosses) exchange_.prefetch_maker(ahead.slot, ahead.desk->market.spec.base);
    }

    // With levels that are near. The way is short, and to ask what a command is costs less than to load what
    // it may not need.

    void first_near(Ahead& ahead) const {
        exchange_.accounts.prefetch(ahead.account);
        if (ahead.rested != 0) return prefetch_line(ahead.told_at);
        const MarketDesk& desk = exchange_.markets[ahead.market];
        ahead.level = desk.book.levels(ahead.side).find_near(ahead.price);
        exchange_.books.levels.prefetch_level(ahead.level);
    }
    void second_near(Ahead& ahead) const {
        if (ahead.rested == 0) {
            const MarketDesk& desk = exchange_.markets[ahead.market];
            orders().prefetch_slot(*ahead.told_at);
            exchange_.ledger.prefetch_far(ahead.account, desk.market.spec.base);
            // Also of one that crosses: to guess which does costs more.
            orders().prefetch_slot(exchange_.books.levels.level(ahead.level).tail);
            return;
        }
        second(ahead);
    }

private:
    const OrderPool& orders() const { return exchange_.books.orders; }

    void look_at(const PlaceOrder& place, Ahead& ahead) const {
        const bool is_there =
            exchange_.accounts.is_users(place.account) & (place.market.raw - 1 < exchange_.market_count);
        const AccountId account{is_there ? place.account.raw : 0};
        ahead.account = account;
        ahead.told_at = &exchange_.accounts[account].last_open;
        ahead.market = is_there ? place.market.raw - 1 : 0;
        ahead.rested = ahead.departs = 0;
        ahead.comes = is_there;
        ahead.side = place.side;
        ahead.price = place.price;
        ahead.quantity = static_cast<std::uint32_t>(place.quantity.raw);
    }

    const ExchangeImpl& exchange_;
};

/// Loads each link of the commands that `range(link)` tells, as first and end: the first link before the
/// others.
template <class Range>
void Lookahead::load(const Links& of, const Command* commands, Ahead* ahead, const Range& range) {
    const auto each = [&](std::size_t link, auto&& load_one) {
        const auto [first, end] = range(link);
        for (std::size_t i = first; i < end; ++i) load_one(i, ahead[i]);
    };
    if (way_ == Way::near) {
        each(1, [&](std::size_t i, Ahead& its) {
            of.look_at(commands[i], its);
            of.first_near(its);
        });
        each(4, [&](std::size_t, Ahead& its) { of.second_near(its); });
        each(7, [&](std::size_t, Ahead& its) {
            if (its.rested != 0) of.third(its);
        });
        return;
    }
    each(1, [&](std::size_t i, Ahead& its) {
        of.look_at(commands[i], its);
        of.first(its);
    });
    each(2, [&](std::size_t, Ahead& its) { of.second(its); });
    each(3, [&](std::size_t, Ahead& its) { of.third(its); });
    each(4, [&](std::size_t, Ahead& its) { of.fourth(its); });
    each(5, [&](std::size_t, Ahead& its) { of.fifth(its); });
    each(6, [&](std::size_t, Ahead& its) { of.sixth(its); });
    each(7, [&](std::size_t, Ahead& its) { of.seventh(its); });
    each(8, [&](std::size_t, Ahead& its) { of.eighth(its); });
    each(9, [&](std::size_t, Ahead& its) { of.ninth(its); });
    each(10, [&](std::size_t, const Ahead& its) { of.tenth(its); });
}

/// With levels that are near (few pages, as one market has however many orders rest in it) the way is short.
Lookahead::Way Lookahead::way_of(const ExchangeImpl& exchange) {
    if (!exchange.has_far_data() || exchange.market_count == 0) return Way::none;
    return exchange.has_far_levels() ? Way::far : Way::near;
}

bool Lookahead::begin(const ExchangeImpl& exchange, std::span<const Command> batch) {
    way_ = way_of(exchange);
    if (way_ == Way::none) return false;
    front_ = next_ = 0;
    // Up to where go_on() takes each link up.
    load(Links(exchange), batch.data(), ahead_.data(), [&](std::size_t link) {
        return std::pair(std::size_t{0}, std::min((links - link) * stride, batch.size()));
    });
    return true;
}

void Lookahead::go_on(const ExchangeImpl& exchange, std::span<const Command> batch) {
    const std::size_t at = next_++;
    ASSERT(way_ != Way::none && at < batch.size());
    if (at - front_ + reach > ahead_.size()) [[unlikely]] {
        std::copy_n(ahead_.begin() + static_cast<std::ptrdiff_t>(at - front_), reach - 1, ahead_.begin());
        front_ = at;
    }
    const Links of(exchange);
    const Command* const commands = batch.data() + at;
    Ahead* const ahead = ahead_.data() + (at - front_);
    const std::size_t count = batch.size() - at;
    expected_ = ahead->named;
    const auto one = [](std::size_t link) {
        const std::size_t place = (links - link) * stride;
        return std::pair(place, place + 1);
    };
    // Nearly always all of them are there.
    if (count >= reach) [[likely]]
        return load(of, commands, ahead, one);
    load(of, commands, ahead, [&](std::size_t link) {
        const auto [first, end] = one(link);
        return std::pair(first, std::min(end, count));
    });
}

void Lookahead::glance(const ExchangeImpl& exchange, const Command* later) {
    expected_ = glanced_.front();
    std::shift_left(glanced_.begin(), glanced_.end(), 1);
    SlotIndex& found = glanced_.back() = {};
    if (later == nullptr) return;
    OrderId named;
    if (const auto* amend = std::get_if<AmendOrder>(&later->body)) {
        named = amend->order;
    } else if (const auto* cancel = std::get_if<CancelOrder>(&later->body)) {
        named = cancel->order;
    }
    found = *exchange.directory.entry_of(named);
    exchange.books.orders.prefetch_slot(found);
}

}  // namespace sauda::core
