#include "codec/command_text.h"

#include <fmt/format.h>

#include "codec/json_reply.h"

namespace sauda::codec {

namespace {

std::string hex(const core::Uuid& uuid) {
    std::string out;
    for (const auto byte : uuid.bytes) out += fmt::format("{:02x}", byte);
    return out;
}

std::string named(std::string_view label, std::string_view text) {
    return text.empty() ? std::string() : fmt::format(" {}={}", label, text);
}

/// Empty: the account's own countdown.
std::string lease(const core::LeaseId& id) {
    return id.is_countdown() ? std::string() : fmt::format("{:x}:{}", id.holder, id.number);
}

struct Line {
    std::string operator()(const core::AdvanceTime&) const { return "AdvanceTime"; }
    std::string operator()(const core::PlaceOrder& c) const {
        return fmt::format(
            "PlaceOrder account={} market={} side={} kind={} time_in_force={} post_only={} price={} "
            "quantity={} quote_quantity={}{}",
            c.account.raw, c.market.raw, side_text(c.side), kind_text(c.kind),
            time_in_force_text(c.time_in_force), c.post_only, c.price.raw, c.quantity.raw,
            c.quote_quantity.raw, named("client_order_id", c.client_order_id.view()));
    }
    std::string operator()(const core::CancelOrder& c) const {
        return fmt::format("CancelOrder account={} order={}{}", c.account.raw, c.order.raw,
                           named("client_order_id", c.client_order_id.view()));
    }
    std::string operator()(const core::CancelAll& c) const {
        return fmt::format("CancelAll account={} market={}", c.account.raw, c.market.raw);
    }
    std::string operator()(const core::AmendOrder& c) const {
        return fmt::format("AmendOrder account={} order={} price={} quantity={} change={} requeue={}{}",
                           c.account.raw, c.order.raw, c.price.raw, c.quantity.raw,
                           static_cast<int>(c.quantity_change), c.requeue,
                           named("request_id", c.request_id.view()));
    }
    std::string operator()(const core::ReplaceOrder& c) const {
        return fmt::format("ReplaceOrder cancel={} by ", c.cancel.raw) + (*this)(c.place);
    }
    std::string operator()(const core::ListAsset& c) const {
        return fmt::format("ListAsset name={} scale={} operator={}", c.name.view(), c.scale,
                           hex(c.operator_id));
    }
    std::string operator()(const core::ListMarket& c) const {
        return fmt::format(
            "ListMarket name={} base={} quote={} price_scale={} quantity_scale={} tick={} lot={} "
            "min_notional={} maker_ppm={} taker_ppm={} operator={}",
            c.spec.name.view(), c.spec.base.raw, c.spec.quote.raw, c.spec.price_scale, c.spec.quantity_scale,
            c.spec.tick, c.spec.lot, c.spec.min_notional.raw, c.spec.fees.maker_ppm, c.spec.fees.taker_ppm,
            hex(c.operator_id));
    }
    std::string operator()(const core::SetFees& c) const {
        return fmt::format("SetFees market={} maker_ppm={} taker_ppm={} operator={}", c.market.raw,
                           c.fees.maker_ppm, c.fees.taker_ppm, hex(c.operator_id));
    }
    std::string operator()(const core::SetMarketState& c) const {
        return fmt::format("SetMarketState market={} state={} operator={}", c.market.raw,
                           market_state_text(c.state), hex(c.operator_id));
    }
    std::string operator()(const core::SetAssetState& c) const {
        return fmt::format("SetAssetState asset={} halted={} operator={}", c.asset.raw, c.halted,
                           hex(c.operator_id));
    }
    std::string operator()(const core::OpenAccount& c) const { return "OpenAccount user=" + hex(c.user); }
    std::string operator()(const core::SetAccountState& c) const {
        return fmt::format("SetAccountState account={} frozen={} operator={}", c.account.raw, c.frozen,
                           hex(c.operator_id));
    }
    template <class Transfer>
    std::string transfer(const char* name, const Transfer& c) const {
        return fmt::format("{} account={} asset={} amount={} reference={} operator={}", name, c.account.raw,
                           c.asset.raw, c.amount.raw, c.reference.view(), hex(c.operator_id));
    }
    std::string operator()(const core::Deposit& c) const { return transfer("Deposit", c); }
    std::string operator()(const core::Withdraw& c) const { return transfer("Withdraw", c); }
    std::string operator()(const core::NumberShard& c) const {
        return fmt::format("NumberShard number={}", c.number);
    }
    std::string operator()(const core::SendTransfer& c) const {
        return transfer("SendTransfer", c) + named("to", c.to.view());
    }
    std::string operator()(const core::ReceiveTransfer& c) const {
        return fmt::format("ReceiveTransfer account={} asset={} amount={} reference={}", c.account.raw,
                           c.asset.raw, c.amount.raw, c.reference.view()) +
               named("from", c.from.view());
    }
    std::string operator()(const core::ConfirmTransfer& c) const {
        return fmt::format("ConfirmTransfer reference={}", c.reference.view()) + named("to", c.to.view());
    }
    std::string operator()(const core::GrantLease& c) const {
        return fmt::format("GrantLease account={}{} span_ns={}", c.account.raw,
                           named("lease", lease(c.lease)), c.span.raw);
    }
    std::string operator()(const core::RenewLeases& c) const {
        return fmt::format("RenewLeases holder={:x}", c.holder);
    }
    std::string operator()(const core::EndLease& c) const {
        return fmt::format("EndLease account={}{} cancel_orders={}", c.account.raw,
                           named("lease", lease(c.lease)), c.cancel_orders);
    }
    std::string operator()(const core::RestartLeases&) const { return "RestartLeases"; }
    std::string operator()(const core::LapseLeases& c) const {
        return fmt::format("LapseLeases events_max={} pause_ns={}", c.events_max, c.pause.raw);
    }
};

}  // namespace

std::string command_text(const core::Command& command) {
    std::string line = std::visit(Line{}, command.body);
    if (command.deadline.raw != 0) line += fmt::format(" deadline={}", command.deadline.raw);
    if (command.id.gateway != 0)
        line += fmt::format(" gateway={:x}:{}", command.id.gateway, command.id.sequence);
    return line;
}

}  // namespace sauda::codec
