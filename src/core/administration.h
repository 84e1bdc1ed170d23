/// The commands of operators and of the exchange itself: assets, markets, fees, accounts.
#pragma once

#include "base/result.h"
#include "core/exchange_impl.h"

namespace sauda::core {

void list_asset(ExchangeImpl& exchange, const ListAsset& command, Applying now);
void list_market(ExchangeImpl& exchange, const ListMarket& command, Applying now);
void set_fees(ExchangeImpl& exchange, const SetFees& command, Applying now);
void set_market_state(ExchangeImpl& exchange, const SetMarketState& command, Applying now);
void set_asset_state(ExchangeImpl& exchange, const SetAssetState& command, Applying now);
void open_account(ExchangeImpl& exchange, const OpenAccount& command, Applying now);
void number_shard(ExchangeImpl& exchange, const NumberShard& command, Applying now);
void set_account_state(ExchangeImpl& exchange, const SetAccountState& command, Applying now);

/// The market that `spec` describes, or why it cannot be listed among `assets`.
base::Result<Market, RejectReason> make_market(const MarketSpec& spec, MarketId id,
                                               const std::vector<AssetState>& assets);

}  // namespace sauda::core
