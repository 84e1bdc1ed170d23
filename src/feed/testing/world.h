/// A real exchange, its views and a hub, driven command by command: what services do, without them.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/random.h"
#include "codec/event_frame.h"
#include "core/exchange.h"
#include "feed/hub.h"
#include "feed/testing/recording_subscriber.h"
#include "views/read_model.h"

namespace sauda::feed {

/// Markets 1 TATA_INR (fees in quote) and 2 JIO_INR (fees in what is received), both with two decimals of
/// price, whole quantities, tick 0.05; four funded accounts.
class World {
public:
    static constexpr core::AssetId inr{1};
    static constexpr core::AssetId tata{2};
    static constexpr core::AssetId jio{3};
    static constexpr core::MarketId tata_inr{1};
    static constexpr core::MarketId jio_inr{2};

    explicit World(const Limits& limits = {});

    /// Applies to the exchange, the views and the hub. Does not flush.
    void apply(core::CommandBody body);
    /// A fresh hub over the same views, which remembers the last `frames` frames: a restart.
    void restart(std::size_t frames);

    core::OrderId place(core::AccountId account, core::Side side, std::int64_t price, std::int64_t quantity,
                        core::TimeInForce time_in_force = core::TimeInForce::gtc);
    core::OrderId place(const core::PlaceOrder& order);
    core::PlaceOrder market_order(core::AccountId account, core::Side side, std::int64_t quantity) const;
    /// One command that a trader could have sent: most rest near 100.00, some trade, cancel, amend, replace.
    void random_command(base::Random& random);

    /// What the exchange itself has resting: price to quantity.
    std::map<std::int64_t, std::int64_t> resting(core::MarketId market, core::Side side) const;

    core::Exchange exchange;
    core::Stamp stamp{{0}, {1'700'000'000'000'000'000}};
    views::ReadModel views;
    Limits limits;
    std::unique_ptr<Hub> hub;
    std::vector<core::AccountId> traders;
    std::vector<base::Bytes> frames;  // every frame so far
    core::OrderId last_order;

private:
    void list();
    void open_accounts();
    std::vector<core::OrderId> open_orders_;  // some may be closed: cancelling those is refused, as it should
};

/// The text of a trader's user id: users are numbered from 1 in their first byte.
std::string user_text(int trader);

}  // namespace sauda::feed
