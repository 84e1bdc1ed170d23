/// The fields of a market's specification, which commands and states write alike.
///
/// Internal to the codec.
#pragma once

#include "codec/coder_vocabulary.h"
#include "core/types/market.h"

namespace sauda::codec {

constexpr FlagBits fee_asset_bits{0, 1};

template <class Coder>
void fields(Coder& coder, Subject<Coder, core::MarketSpec>& spec) {
    coder.text(spec.name);
    coder.id(spec.base);
    coder.id(spec.quote);
    coder.raw(spec.price_scale);
    coder.raw(spec.quantity_scale);
    coder.enumerator(fee_asset_bits, spec.fee_asset, core::FeeAsset::received);
    coder.number(spec.tick);
    coder.number(spec.lot);
    coder.unit(spec.min_notional);
    coder.fees(spec.fees);
}

}  // namespace sauda::codec
