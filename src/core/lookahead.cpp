#include "core/lookahead.h"

namespace sauda::core {

void Lookahead::account(AccountId account) const {
    exchange_.accounts.prefetch(account);
    exchange_.ledger.prefetch(account);
}

/// Null when no such order is open: nothing is worth loading then.
const OrderSlot* Lookahead::named_order(OrderId order) const {
    const SlotIndex slot = exchange_.directory.find(order);
    return slot ? &exchange_.orders.slot(slot) : nullptr;
}

void Lookahead::first_link(const Command& command) const {
    if (const auto* place = std::get_if<PlaceOrder>(&command.body)) {
        account(place->account);
        if (const MarketDesk* desk = exchange_.find_market(place->market);
            has_far_levels_ && desk != nullptr) {
            prefetch_line(&desk->market);
            prefetch_line(&desk->market.spec.tick);
            prefetch_line(&desk->market.tick_grid);
            desk->book.prefetch_book();
        }
    } else if (const auto* amend = std::get_if<AmendOrder>(&command.body)) {
        account(amend->account);
        exchange_.directory.prefetch_entry(amend->order);
    } else if (const auto* cancel = std::get_if<CancelOrder>(&command.body)) {
        account(cancel->account);
        exchange_.directory.prefetch_entry(cancel->order);
    }
}

void Lookahead::second_link(const Command& command) const {
    if (const auto* place = std::get_if<PlaceOrder>(&command.body)) {
        if (const AccountDesk* desk = exchange_.find_account(place->account); desk != nullptr)
            exchange_.orders.prefetch_details(desk->last_open);
        const MarketDesk* desk = exchange_.find_market(place->market);
        if (desk == nullptr) return;
        if (has_far_levels_) desk->book.prefetch_directory(place->side, place->price);
        if (!has_far_levels_) desk->book.prefetch_place(place->side, place->price);
        desk->book.prefetch_makers(place->side);
    } else if (const auto* amend = std::get_if<AmendOrder>(&command.body)) {
        exchange_.orders.prefetch_slot(exchange_.directory.find(amend->order));
        exchange_.orders.prefetch_details(exchange_.directory.find(amend->order));
    } else if (const auto* cancel = std::get_if<CancelOrder>(&command.body)) {
        exchange_.orders.prefetch_slot(exchange_.directory.find(cancel->order));
        exchange_.orders.prefetch_details(exchange_.directory.find(cancel->order));
    }
}

void Lookahead::third_link(const Command& command) const {
    if (const auto* place = std::get_if<PlaceOrder>(&command.body)) {
        const MarketDesk* desk = exchange_.find_market(place->market);
        if (desk == nullptr) return;
        if (has_far_levels_) desk->book.prefetch_place(place->side, place->price);
        if (!has_far_levels_) desk->book.prefetch_tail(place->side, place->price);
        desk->book.prefetch_first_maker(place->side);
    } else if (const auto* amend = std::get_if<AmendOrder>(&command.body)) {
        const OrderSlot* order = named_order(amend->order);
        if (order == nullptr) return;
        exchange_.levels.prefetch_level(order->level);
        exchange_.orders.prefetch_slot(order->next);
        exchange_.orders.prefetch_slot(order->previous);
        const MarketDesk* desk = exchange_.find_market(exchange_.levels.market_of(order->level));
        if (has_far_levels_ && desk != nullptr && amend->price.raw > 0)
            desk->book.prefetch_place(order->side, amend->price);
    } else if (const auto* cancel = std::get_if<CancelOrder>(&command.body)) {
        const OrderSlot* order = named_order(cancel->order);
        if (order == nullptr) return;
        exchange_.levels.prefetch_level(order->level);
        exchange_.orders.prefetch_slot(order->next);
        exchange_.orders.prefetch_slot(order->previous);
    }
}

}  // namespace sauda::core
