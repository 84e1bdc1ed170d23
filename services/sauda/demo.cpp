#include "sauda/demo.h"

#include <algorithm>
#include <array>
#include <optional>

#include "api-server/auth.h"
#include "api-server/gateway_call.h"
#include "core/types/decimal.h"
#include "sauda/wall_clock.h"
#include "telemetry/log.h"

namespace sauda {

namespace {

/// What one demo user starts with: whole units of each asset.
struct Funds {
    const char* asset;
    std::int64_t whole;
};
constexpr std::array<Funds, 6> funds{
    {{"INR", 1'000'000}, {"TATA", 10'000}, {"JIO", 10'000}, {"USDT", 1'000'000}, {"BTC", 10}, {"ETH", 100}}};
constexpr std::int64_t maker_factor = 100;

/// Quotes of one market: `levels` on either side of the middle, one `step` apart, `quantity` each.
struct Quotes {
    const char* market;
    const char* middle;
    const char* step;
    const char* quantity;
};
constexpr std::array<Quotes, 4> quotes{{{"TATA_INR", "100.00", "0.05", "100"},
                                        {"JIO_INR", "250.00", "0.10", "50"},
                                        {"BTC_USDT", "65000.00", "5.00", "0.05000"},
                                        {"ETH_USDT", "3200.00", "0.50", "0.50000"}}};
constexpr int levels = 10;

std::int64_t whole_decimal(const char* text, int scale) {
    return *core::parse_decimal(text, scale);
}

}  // namespace

boost::asio::awaitable<core::AccountId> Demo::open(identity::NewUser user) {
    const std::int64_t now_ms = wall_now().milliseconds();
    auto find_or_make = [&identity = identity_, user, now_ms]() -> std::optional<identity::User> {
        const auto found = identity.find_user_by_email(user.email);
        // Somebody registered under a demo user's email: that is a real user, and stays one.
        if (found && *found) return (*found)->is_demo ? std::optional(**found) : std::nullopt;
        if (const auto made = identity.create_user(user, now_ms)) return *made;
        const auto made_elsewhere = identity.find_user_by_email(user.email);
        return made_elsewhere ? *made_elsewhere : std::nullopt;
    };
    const auto done = co_await pool_.run(std::move(find_or_make));
    if (!done || !*done) co_return core::AccountId{};
    const identity::Uuid id = (*done)->user_id;
    // One from an earlier start is not opened again: with low disk that is refused, and a start must not be.
    if (const core::AccountId known = views_.catalog.find_account(api_server::to_core(id))) co_return known;
    const auto opened =
        co_await api_server::call(gateway_, core::OpenAccount{api_server::to_core(id)}, wall_now());
    const core::AccountId account = views_.catalog.find_account(api_server::to_core(id));
    if (opened.kind != api_server::Outcome::Kind::applied || !account) co_return core::AccountId{};
    if (!is_home_) co_return account;
    auto attach = [&identity = identity_, id, account] {
        return identity.attach_account(id, account.raw).has_value();
    };
    co_await pool_.run(std::move(attach));
    co_return account;
}

boost::asio::awaitable<bool> Demo::fund(core::AccountId account, const std::string& email,
                                        std::int64_t factor) {
    for (const Funds& fund : funds) {
        const core::Asset* asset = views_.catalog.find_asset(fund.asset);
        if (asset == nullptr) continue;
        const std::int64_t amount = fund.whole * factor * core::power_of_ten(asset->scale);
        // The reference makes it once and for all: a restart credits nothing.
        const core::TransferReference reference("demo:" + email + ":" + fund.asset);
        const auto outcome = co_await api_server::call(
            gateway_, core::Deposit{core::Uuid{}, account, asset->id, {amount}, reference}, wall_now());
        if (outcome.kind != api_server::Outcome::Kind::applied) co_return false;
    }
    co_return true;
}

boost::asio::awaitable<std::string> Demo::start() {
    identity::NewUser trader{demo_trader_email, demo_trader_password, identity::Role::trader, true};
    identity::NewUser maker{demo_maker_email, std::nullopt, identity::Role::trader, true};
    auto enable = [&identity = identity_, now = wall_now().milliseconds()] {
        return identity.set_demo_users_enabled(true, now).has_value();
    };
    co_await pool_.run(std::move(enable));
    const core::AccountId trader_account = co_await open(trader);
    maker_ = co_await open(maker);
    if (!trader_account || !maker_)
        co_return "the demo users could not be made; is the disk nearly full? (--journal-disk-reserve-mib)";
    const bool is_trader_funded = co_await fund(trader_account, demo_trader_email, 1);
    const bool is_maker_funded = co_await fund(maker_, demo_maker_email, maker_factor);
    if (!is_trader_funded || !is_maker_funded) co_return "the demo users could not be funded";
    co_await refresh_quotes();
    co_return std::string();
}

boost::asio::awaitable<void> Demo::quote(core::MarketId market, core::Side side, core::PriceTicks price,
                                         core::QuantityLots quantity) {
    core::PlaceOrder order;
    order.account = maker_;
    order.market = market;
    order.side = side;
    order.post_only = true;
    order.price = price;
    order.quantity = quantity;
    co_await api_server::call(gateway_, order, wall_now());
}

boost::asio::awaitable<void> Demo::refresh_quotes() {
    if (!maker_) {  // another process made the users, and is gone
        co_await start();
        co_return;
    }
    for (const Quotes& wanted : quotes) {
        const core::Market* market = views_.catalog.find_market(wanted.market);
        if (market == nullptr || market->state != core::MarketState::trading) continue;
        const core::MarketSpec spec = market->spec;
        const core::MarketId id = market->id;
        const core::QuantityLots quantity{whole_decimal(wanted.quantity, spec.quantity_scale)};
        for (int level = 1; level <= levels; ++level) {
            for (const core::Side side : {core::Side::buy, core::Side::sell}) {
                const std::int64_t distance = level * whole_decimal(wanted.step, spec.price_scale);
                const std::int64_t middle = whole_decimal(wanted.middle, spec.price_scale);
                const core::PriceTicks price{side == core::Side::buy ? middle - distance : middle + distance};
                const auto open = views_.accounts.open_orders(maker_, id, 1000);
                const bool stands = std::ranges::any_of(open, [&](const views::OrderView* order) {
                    return order->side == side && order->price == price;
                });
                if (!stands) co_await quote(id, side, price, quantity);
            }
        }
    }
}

boost::asio::awaitable<std::string> Demo::disable() {
    auto work = [&identity = identity_, now = wall_now().milliseconds()]() -> std::optional<identity::User> {
        if (!identity.set_demo_users_enabled(false, now)) return std::nullopt;
        const auto maker = identity.find_user_by_email(demo_maker_email);
        return maker && *maker && (*maker)->is_demo ? *maker : std::nullopt;
    };
    const auto done = co_await pool_.run(std::move(work));
    if (!done || !*done) co_return std::string();
    const core::AccountId maker = views_.catalog.find_account(api_server::to_core((*done)->user_id));
    if (maker) co_await api_server::call(gateway_, core::CancelAll{maker, {}}, wall_now());
    co_return std::string();
}

}  // namespace sauda
