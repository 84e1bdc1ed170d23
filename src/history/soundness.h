/// Whether a row holds what the projector can have written. A database that somebody changed, or that a disk
/// damaged within a page that still makes sense, must not become numbers that clients believe, nor sums that
/// overflow: readers tell it as damage instead.
#pragma once

#include "history/reader.h"
#include "history/rows.h"

namespace sauda::history {

bool is_sound(const OrderRow& row);
bool is_sound(const AmendmentRow& row);
bool is_sound(const Posting& row);
bool is_sound(core::AccountId account, const Balance& balance);
bool is_sound(const Fill& fill);
bool is_sound(const TransferRow& row);
bool is_sound(const ShardTransferRow& row);
bool is_sound(const ActionRow& row);
bool is_sound(const Candle& candle);
/// Of a trade, whose amount of quote is worked out from them.
bool is_sound(const core::Market& market, core::PriceTicks price, core::QuantityLots quantity,
              core::Side taker_side);

}  // namespace sauda::history
