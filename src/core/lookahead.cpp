#include "core/lookahead.h"

#include <algorithm>

#include "core/exchange_impl.h"

namespace sauda::core {

/// The links of one command's chain. With levels that are near (few pages, as one market has however many
/// orders rest in it) places need but two of them.
class Lookahead::Links {
public:
    explicit Links(const ExchangeImpl& exchange)
        : exchange_(exchange), has_far_levels_(exchange.has_far_levels()) {}

    void first(const Ahead& ahead) const {
        if (ahead.kind == Kind::other) return;
        exchange_.accounts.prefetch(ahead.account);
        if (ahead.kind == Kind::order) return exchange_.directory.prefetch_entry(ahead.order);
        if (has_far_levels_) ahead.desk->prefetch();
    }

    void second(Ahead& ahead) const {
        if (ahead.kind == Kind::order) {
            ahead.slot = exchange_.directory.find(ahead.order);
            exchange_.orders.prefetch_slot(ahead.slot);
        } else if (ahead.kind == Kind::place) {
            exchange_.orders.prefetch_slot(exchange_.accounts[ahead.account].last_open);
            exchange_.ledger.prefetch_far(ahead.account, ahead.desk->market.spec.base);
            if (has_far_levels_)
                ahead.desk->book.prefetch_directory(ahead.side, ahead.price);
            else  // also of one that crosses: to guess which does costs more
                ahead.desk->book.prefetch_tail(ahead.side, ahead.price);
        }
    }

    void third(const Ahead& ahead) const {
        if (ahead.kind == Kind::order) {
            const OrderSlot& order = exchange_.orders.slot(ahead.slot);
            exchange_.levels.prefetch_level(order.level);
            exchange_.orders.prefetch_slot(order.next);
            exchange_.orders.prefetch_slot(order.previous);
            exchange_.orders.prefetch_slot(order.account_next);
            exchange_.orders.prefetch_slot(order.account_previous);
        } else if (ahead.kind == Kind::place && has_far_levels_) {
            ahead.desk->book.prefetch_place(ahead.side, ahead.price);
            ahead.desk->book.prefetch_first_maker(ahead.side);
        }
    }

    /// With far levels only.
    void fourth(const Ahead& ahead) const {
        if (ahead.kind == Kind::order) return load_desk(ahead);
        if (ahead.kind != Kind::place) return;
        if (ahead.desk->book.crosses(ahead.side, ahead.price))
            load_maker(ahead);
        else
            ahead.desk->book.prefetch_tail(ahead.side, ahead.price);
    }

private:
    /// Of an order that goes or moves: its market, and where in it to.
    void load_desk(const Ahead& ahead) const {
        const OrderSlot& order = exchange_.orders.slot(ahead.slot);
        const MarketDesk* desk = exchange_.find_market(exchange_.levels.market_of(order.level));
        if (desk == nullptr) return;
        desk->prefetch();
        if (order.side == Side::sell) exchange_.ledger.prefetch_far(ahead.account, desk->market.spec.base);
        if (ahead.price.raw > 0) desk->book.prefetch_place(order.side, ahead.price);
    }

    /// The maker that a taker meets first, as far as it is near.
    void load_maker(const Ahead& ahead) const {
        const SlotIndex slot = ahead.desk->book.first_order(opposite(ahead.side));
        if (!slot) return;
        const OrderSlot& maker = exchange_.orders.slot(slot);
        exchange_.orders.prefetch_slot(maker.next);
        exchange_.orders.prefetch_slot(maker.account_next);
        exchange_.orders.prefetch_slot(maker.account_previous);
        exchange_.directory.prefetch_entry(maker.id);
        exchange_.accounts.prefetch(maker.account);
        exchange_.ledger.prefetch_far(maker.account, ahead.desk->market.spec.base);
    }

    const ExchangeImpl& exchange_;
    const bool has_far_levels_;
};

void Lookahead::look_at(const ExchangeImpl& exchange, const Command& command, Ahead& ahead) {
    ahead.kind = Kind::other;
    if (const auto* place = std::get_if<PlaceOrder>(&command.body)) {
        ahead.desk = exchange.find_market(place->market);
        if (ahead.desk == nullptr || !exchange.accounts.is_users(place->account)) return;
        ahead.kind = Kind::place;
        ahead.side = place->side;
        ahead.account = place->account;
        ahead.price = place->price;
    } else if (const auto* cancel = std::get_if<CancelOrder>(&command.body)) {
        ahead.kind = Kind::order;
        ahead.account = cancel->account;
        ahead.order = cancel->order;
        ahead.price = {};
    } else if (const auto* amend = std::get_if<AmendOrder>(&command.body)) {
        ahead.kind = Kind::order;
        ahead.account = amend->account;
        ahead.order = amend->order;
        ahead.price = amend->price;
    }
}

void Lookahead::load(const ExchangeImpl& exchange, std::span<const Command> batch, std::size_t at) {
    if (!exchange.has_far_data()) return;
    const Links of(exchange);
    const auto each = [&](std::size_t link, auto&& load) {
        const std::size_t ahead = (links - link) * group;
        const std::size_t end = std::min(at + ahead + group, batch.size());
        // Nobody has asked for the first groups of a batch yet.
        for (std::size_t i = at == 0 ? 0 : at + ahead; i < end; ++i) load(i, ahead_[i % ahead_.size()]);
    };
    each(1, [&](std::size_t i, Ahead& ahead) {
        look_at(exchange, batch[i], ahead);
        of.first(ahead);
    });
    each(2, [&](std::size_t, Ahead& ahead) { of.second(ahead); });
    each(3, [&](std::size_t, const Ahead& ahead) { of.third(ahead); });
    if (exchange.has_far_levels()) each(4, [&](std::size_t, const Ahead& ahead) { of.fourth(ahead); });
}

}  // namespace sauda::core
