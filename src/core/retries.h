/// Retries: what a client order id that a request bears means, and how it comes to be remembered.
#pragma once

#include "base/result.h"
#include "core/exchange_impl.h"

namespace sauda::core {

/// The index of a command in CommandBody, as RequestContent keeps it.
template <class C>
constexpr std::uint8_t request_of() {
    return static_cast<std::uint8_t>(CommandBody(C{}).index());
}

/// What a request under a client order id asks for. `request` is request_of its command.
RequestContent content_of(const PlaceOrder& order, std::uint8_t request, OrderId target);
RequestContent content_of(const AmendOrder& amend);

/// What a client order id that is remembered means for a request with `content`: a retry, told the first
/// outcome; or a conflict. False when the id is free to be used.
[[gnu::noinline]] bool answered_before(ExchangeImpl& exchange, AccountId account, const ClientOrderId& id,
                                       const RequestContent& content, DuplicatePolicy policy, Applying now);

/// A sound client order id, and room to remember it. Requires: it is not empty.
[[gnu::noinline]] base::Result<void, RejectReason> check_client_order_id(const ExchangeImpl& exchange,
                                                                         AccountId account,
                                                                         const ClientOrderId& id);

/// Whether a request bears nothing that asks for a check: neither a client order id nor a deadline.
inline bool is_plain(const ClientOrderId& id, Applying now) {
    return id.empty() && now.deadline.raw == 0;
}

/// Rules about the request rather than the order: the deadline, and the client order id if it bears one.
inline base::Result<void, RejectReason> check_request(const ExchangeImpl& exchange, AccountId account,
                                                      const ClientOrderId& id, Applying now) {
    if (now.deadline.raw != 0 && exchange.last.time > now.deadline) {
        return base::Unexpected{RejectReason::expired_before_sequencing};
    }
    if (id.empty()) return {};
    return check_client_order_id(exchange, account, id);
}

/// Remembers the request. `open`: its order is. Requires: check_client_order_id passed.
[[gnu::noinline]] ClientOrderIds::Entry remember_request(ExchangeImpl& exchange, AccountId account,
                                                         const ClientOrderId& id,
                                                         const RequestContent& content, OrderId order,
                                                         bool open);

}  // namespace sauda::core
