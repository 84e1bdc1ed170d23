#include "core/default_listings.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "base/assert.h"
#include "core/types/decimal.h"

namespace sauda::core {

namespace {

struct AssetListing {
    std::string_view name;
    std::uint8_t scale;
};

/// Quotes come first: the ledger keeps the first assets of an account side by side.
constexpr std::array assets{
    AssetListing{"INR", 4}, AssetListing{"USDT", 8}, AssetListing{"TATA", 0},
    AssetListing{"JIO", 0}, AssetListing{"BTC", 8},  AssetListing{"ETH", 8},
};

struct MarketListing {
    std::string_view name;
    std::string_view base;
    std::string_view quote;
    std::uint8_t price_scale;
    std::uint8_t quantity_scale;
    std::string_view tick;
    std::string_view lot;
    std::string_view min_notional;
    FeeAsset fee_asset;
    FeeRates fees;
};

/// Shares trade whole, so their fees are in quote; makers get 0.01 % of what the taker pays. Coins are
/// charged in what each side receives.
constexpr FeeRates share_fees{-100, 1000};
constexpr FeeRates coin_fees{800, 1000};
constexpr std::array markets{
    MarketListing{"TATA_INR", "TATA", "INR", 2, 0, "0.05", "1", "1", FeeAsset::quote, share_fees},
    MarketListing{"JIO_INR", "JIO", "INR", 2, 0, "0.05", "1", "1", FeeAsset::quote, share_fees},
    MarketListing{"BTC_USDT", "BTC", "USDT", 2, 5, "0.01", "0.00001", "5", FeeAsset::received, coin_fees},
    MarketListing{"ETH_USDT", "ETH", "USDT", 2, 5, "0.01", "0.00001", "5", FeeAsset::received, coin_fees},
};

AssetId id_of(std::string_view name) {
    const auto found = std::ranges::find(assets, name, &AssetListing::name);
    ASSERT(found != assets.end());
    return {static_cast<std::uint32_t>(found - assets.begin()) + 1};
}

std::int64_t units(std::string_view decimal, int scale) {
    const auto parsed = parse_decimal(decimal, scale);
    ASSERT(parsed.has_value());
    return *parsed;
}

MarketSpec spec_of(const MarketListing& listing) {
    MarketSpec spec;
    spec.name = MarketName(listing.name);
    spec.base = id_of(listing.base);
    spec.quote = id_of(listing.quote);
    spec.price_scale = listing.price_scale;
    spec.quantity_scale = listing.quantity_scale;
    spec.fee_asset = listing.fee_asset;
    spec.tick = units(listing.tick, listing.price_scale);
    spec.lot = units(listing.lot, listing.quantity_scale);
    spec.min_notional = {units(listing.min_notional, assets[spec.quote.raw - 1].scale)};
    spec.fees = listing.fees;
    return spec;
}

}  // namespace

std::vector<CommandBody> default_listings(const Uuid& operator_id) {
    std::vector<CommandBody> commands;
    for (const AssetListing& asset : assets) {
        commands.push_back(ListAsset{operator_id, AssetName(asset.name), asset.scale});
    }
    for (const MarketListing& market : markets) commands.push_back(ListMarket{operator_id, spec_of(market)});
    return commands;
}

}  // namespace sauda::core
