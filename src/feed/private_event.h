/// What one account is told: the events of a command, taken apart by owner.
#pragma once

#include <variant>
#include <vector>

#include "codec/event_frame.h"
#include "core/event.h"
#include "core/types/ids.h"
#include "core/types/order.h"
#include "core/types/timestamp.h"

namespace sauda::feed {

/// One side of a trade.
struct Fill {
    core::Trade trade;
    core::Liquidity liquidity{};
    core::OrderKind kind{};  ///< of the owner's order
    /// The order is filled whole. Leaves alone do not tell: those of a market order that counts quote are
    /// zero throughout.
    bool is_last = false;

    core::OrderId order() const {
        return liquidity == core::Liquidity::maker ? trade.maker_order : trade.taker_order;
    }
    core::OrderId counter_order() const {
        return liquidity == core::Liquidity::maker ? trade.taker_order : trade.maker_order;
    }
    core::Side side() const {
        return liquidity == core::Liquidity::taker ? trade.taker_side : core::opposite(trade.taker_side);
    }
    core::QuantityLots leaves() const {
        return liquidity == core::Liquidity::maker ? trade.maker_leaves : trade.taker_leaves;
    }
    core::Amount fee() const {
        return liquidity == core::Liquidity::maker ? trade.maker_fee : trade.taker_fee;
    }
};

struct PrivateEvent {
    core::AccountId account;
    core::AccountSequence sequence;
    core::TimestampNs time;
    std::variant<core::OrderAccepted, Fill, core::OrderEnded, core::OrderAmended, core::Transferred,
                 core::TransferSent, core::TransferReceived, core::AccountStateChanged>
        body;
};

/// Appends the private events of `frame`: each account's in the order of its sequences. A trade gives one to
/// either owner; a self-trade gives two to the same one. False, with what came before, where the bytes are
/// not events of this version.
bool collect_private_events(const codec::EventFrameView& frame, std::vector<PrivateEvent>& out);

}  // namespace sauda::feed
