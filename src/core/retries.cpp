#include "core/retries.h"

namespace sauda::core {

using base::Result;
using base::Unexpected;

RequestContent content_of(const PlaceOrder& order, std::uint8_t request, OrderId target) {
    RequestContent content;
    content.request = request;
    content.side = order.side;
    content.kind = order.kind;
    content.time_in_force = order.time_in_force;
    content.post_only = order.post_only ? 1 : 0;
    content.on_duplicate = static_cast<std::uint8_t>(order.on_duplicate);
    content.market = order.market;
    content.price = order.price;
    content.quantity = order.quantity;
    content.quote_quantity = order.quote_quantity;
    content.target = target;
    return content;
}

RequestContent content_of(const AmendOrder& amend) {
    RequestContent content;
    content.request = request_of<AmendOrder>();
    content.quantity_change = amend.quantity_change;
    content.requeue = amend.requeue ? 1 : 0;
    content.price = amend.price;
    content.quantity = amend.quantity;
    content.target = amend.order;
    return content;
}

bool answered_before(ExchangeImpl& exchange, AccountId account, const ClientOrderId& id,
                     const RequestContent& content, DuplicatePolicy policy, Applying now) {
    const ClientOrderIds::Entry entry = exchange.client_orders.find(account, id);
    if (entry == 0) return false;
    const ClientOrderRecord& before = exchange.client_orders[entry];
    if (policy == DuplicatePolicy::refuse_if_open) {
        if (!before.open) return false;
        ExchangeImpl::refuse(RejectReason::client_order_id_open, account, content.market, now, before.order);
        return true;
    }
    if (before.content != content) {
        ExchangeImpl::refuse(RejectReason::client_order_id_conflict, account, content.market, now,
                             before.order);
        return true;
    }
    Repeated& repeated = now.events.add<Repeated>();
    repeated.account = account;
    repeated.first = before.first;
    repeated.order = before.order;
    return true;
}

Result<void, RejectReason> check_client_order_id(const ExchangeImpl& exchange, AccountId account,
                                                 const ClientOrderId& id) {
    if (!is_valid_client_order_id(id.view())) return Unexpected{RejectReason::invalid_client_order_id};
    const bool is_full = exchange.client_orders.count(account) >= client_order_ids_per_account_max &&
                         exchange.client_orders.find(account, id) == 0;
    if (is_full) return Unexpected{RejectReason::idempotency_window_full};
    return {};
}

ClientOrderIds::Entry remember_request(ExchangeImpl& exchange, AccountId account, const ClientOrderId& id,
                                       const RequestContent& content, OrderId order, bool open) {
    ClientOrderRecord record;
    record.account = account;
    record.client_order_id = id;
    record.content = content;
    record.order = order;
    record.first = exchange.last.sequence;
    record.open = open;
    return exchange.client_orders.remember(record, exchange.last.time);
}

}  // namespace sauda::core
