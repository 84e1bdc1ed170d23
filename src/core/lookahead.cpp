#include "core/lookahead.h"

namespace sauda::core {

void Lookahead::load_account(AccountId account) const {
    if (exchange_.find_account(account) == nullptr) return;
    exchange_.accounts.prefetch(account);
}

/// The maker that a taker meets first, as far as it is near.
void Lookahead::load_maker(const MarketDesk& desk, Side taker_side) const {
    const SlotIndex slot = desk.book.first_order(opposite(taker_side));
    if (!slot) return;
    const OrderSlot& maker = exchange_.orders.slot(slot);
    exchange_.orders.prefetch_slot(maker.next);
    load_account(maker.account);
    exchange_.ledger.prefetch_far(maker.account, desk.market.spec.base);
}

void Lookahead::load_place(const PlaceOrder& place, int link) const {
    const MarketDesk* desk = exchange_.find_market(place.market);
    const Account* account = exchange_.find_account(place.account);
    if (desk == nullptr || account == nullptr) return;
    switch (link) {
        case 1:
            load_account(place.account);
            if (has_far_levels_) desk->prefetch();
            return;
        case 2:
            exchange_.orders.prefetch_slot(account->last_open);
            exchange_.ledger.prefetch_far(place.account, desk->market.spec.base);
            desk->book.prefetch_makers(place.side);
            if (has_far_levels_)
                desk->book.prefetch_directory(place.side, place.price);
            else
                desk->book.prefetch_place(place.side, place.price);
            return;
        case 3:
            if (has_far_levels_)
                desk->book.prefetch_place(place.side, place.price);
            else if (!desk->book.crosses(place.side, place.price))
                desk->book.prefetch_tail(place.side, place.price);
            desk->book.prefetch_first_maker(place.side);
            return;
        default:
            if (desk->book.crosses(place.side, place.price))
                load_maker(*desk, place.side);
            else if (has_far_levels_)
                desk->book.prefetch_tail(place.side, place.price);
            return;
    }
}

void Lookahead::load_order(AccountId account, OrderId order, int link) const {
    if (link == 1) {
        load_account(account);
        exchange_.directory.prefetch_entry(order);
        return;
    }
    const SlotIndex slot = exchange_.directory.find(order);
    if (!slot) return;
    if (link == 2) {
        exchange_.orders.prefetch_slot(slot);
        return;
    }
    const OrderSlot& found = exchange_.orders.slot(slot);
    if (link == 3) {
        exchange_.levels.prefetch_level(found.level);
        exchange_.orders.prefetch_slot(found.next);
        exchange_.orders.prefetch_slot(found.previous);
        exchange_.orders.prefetch_slot(found.account_next);
        exchange_.orders.prefetch_slot(found.account_previous);
        return;
    }
    const MarketDesk* desk = exchange_.find_market(exchange_.levels.market_of(found.level));
    if (!has_far_levels_ || desk == nullptr) return;
    desk->prefetch();
    if (found.side == Side::sell) exchange_.ledger.prefetch_far(account, desk->market.spec.base);
}

/// The levels that an amended order may go to.
void Lookahead::load_requeue(const AmendOrder& amend) const {
    const SlotIndex slot = exchange_.directory.find(amend.order);
    if (!slot || amend.price.raw <= 0) return;
    const OrderSlot& order = exchange_.orders.slot(slot);
    const MarketDesk* desk = exchange_.find_market(exchange_.levels.market_of(order.level));
    if (desk != nullptr) desk->book.prefetch_place(order.side, amend.price);
}

void Lookahead::load(const Command& command, int link) const {
    if (const auto* place = std::get_if<PlaceOrder>(&command.body)) return load_place(*place, link);
    if (const auto* cancel = std::get_if<CancelOrder>(&command.body))
        return load_order(cancel->account, cancel->order, link);
    if (const auto* amend = std::get_if<AmendOrder>(&command.body)) {
        load_order(amend->account, amend->order, link);
        if (link == 4) load_requeue(*amend);
    }
}

}  // namespace sauda::core
