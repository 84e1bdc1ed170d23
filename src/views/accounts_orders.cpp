/// The orders of AccountsView: open ones, a bounded memory of closed ones, and how they are found.
#include <algorithm>

#include "base/assert.h"
#include "views/accounts.h"

namespace sauda::views {

OrderView& AccountsView::order(core::OrderId id) {
    const auto found = orders_.find(id);
    ASSERT(found != orders_.end());
    return found->second;
}

void AccountsView::open(const OrderView& order) {
    const bool is_new = orders_.emplace(order.id, order).second;
    ASSERT(is_new);
    account(order.account).open.insert(order.id);
    if (!order.client_order_id.empty()) by_client_id_[{order.account, order.client_order_id}] = order.id;
    ++open_order_count_;
}

void AccountsView::fill(OrderView& order, const core::Trade& event) {
    ASSERT(order.is_open());
    order.filled += event.quantity;
    order.filled_quote += event.quote.raw;
    order.status = core::OrderStatus::partially_filled;
    order.updated = now_;
}

void AccountsView::close(OrderView& order, core::OrderStatus status) {
    ASSERT(order.is_open());
    order.status = status;
    order.updated = now_;
    Account& owner = account(order.account);
    owner.open.erase(order.id);
    owner.closed.push_back(order.id);
    closed_.push_back(order.id);
    --open_order_count_;
    if (quote_bound_ == order.id) quote_bound_ = {};
    if (owner.closed.size() > limits_.closed_orders_per_account_max) forget(owner.closed.front());
    if (closed_.size() <= limits_.closed_orders_max) return;
    const core::OrderId oldest = closed_.front();
    closed_.pop_front();
    forget(oldest);
}

/// Forgets a closed order, unless its account forgot it already. Both lists are in the order of closing, so
/// it is the first of its account.
void AccountsView::forget(core::OrderId id) {
    const auto found = orders_.find(id);
    if (found == orders_.end()) return;
    const OrderView& order = found->second;
    auto& closed = account(order.account).closed;
    ASSERT(!closed.empty() && closed.front() == id);
    closed.pop_front();
    const auto named = by_client_id_.find({order.account, order.client_order_id});
    if (named != by_client_id_.end() && named->second == id) by_client_id_.erase(named);
    orders_.erase(found);
}

/// An order bound by quote that neither expired nor rested spent all it could.
void AccountsView::close_quote_bound() {
    if (quote_bound_) close(order(quote_bound_), core::OrderStatus::filled);
}

void AccountsView::remember_quote(const OrderView& amended) {
    if (amended.filled.raw == 0 || !amended.filled_quote_complete) return;
    quote_before_amend_[last_.raw] = amended.filled_quote;
    amended_.push_back(last_);
    if (amended_.size() <= limits_.amendments_max) return;
    quote_before_amend_.erase(amended_.front().raw);
    amended_.pop_front();
}

std::optional<core::Int128> AccountsView::quote_before_amend(core::Sequence amended) const {
    const auto found = quote_before_amend_.find(amended.raw);
    return found == quote_before_amend_.end() ? std::nullopt : std::optional(found->second);
}

const OrderView* AccountsView::find_order(core::AccountId account, core::OrderId id) const {
    const auto found = orders_.find(id);
    if (found == orders_.end() || found->second.account != account) return nullptr;
    return &found->second;
}

const OrderView* AccountsView::find_order(core::AccountId account,
                                          const core::ClientOrderId& client_order_id) const {
    const auto named = by_client_id_.find({account, client_order_id});
    return named == by_client_id_.end() ? nullptr : find_order(account, named->second);
}

std::vector<const OrderView*> AccountsView::open_orders(core::AccountId account, core::MarketId market,
                                                        std::size_t limit, core::OrderId after) const {
    std::vector<const OrderView*> page;
    const Account* owner = find(account);
    if (owner == nullptr) return page;
    for (auto at = owner->open.upper_bound(after); at != owner->open.end() && page.size() < limit; ++at) {
        const OrderView* order = find_order(account, *at);
        if (!market || order->market == market) page.push_back(order);
    }
    return page;
}

std::vector<const OrderView*> AccountsView::closed_orders(core::AccountId account, core::MarketId market,
                                                          std::size_t limit, core::OrderId before) const {
    std::vector<const OrderView*> page;
    const Account* owner = find(account);
    if (owner == nullptr) return page;
    auto at = owner->closed.rbegin();
    if (before) {
        at = std::find(owner->closed.rbegin(), owner->closed.rend(), before);
        if (at != owner->closed.rend()) ++at;
    }
    for (; at != owner->closed.rend() && page.size() < limit; ++at) {
        const OrderView* order = find_order(account, *at);
        if (!market || order->market == market) page.push_back(order);
    }
    return page;
}

}  // namespace sauda::views
