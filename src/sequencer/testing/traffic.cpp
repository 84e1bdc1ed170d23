#include "sequencer/testing/traffic.h"

#include <algorithm>
#include <string>

#include "codec/command_codec.h"

namespace sauda::sequencer::testing {

namespace {

constexpr std::uint64_t accounts = 6;
constexpr core::AssetId inr{1};
constexpr core::AssetId tata{2};
constexpr core::MarketId market{1};

core::ListAsset list_asset(std::string_view name, std::uint8_t scale) {
    core::ListAsset command;
    command.name = core::AssetName(name);
    command.scale = scale;
    return command;
}

core::ListMarket list_market() {
    core::ListMarket command;
    command.spec.name = core::MarketName("TATA_INR");
    command.spec.base = tata;
    command.spec.quote = inr;
    command.spec.price_scale = 2;
    command.spec.fees = {1'000, 2'000};
    return command;
}

core::OpenAccount open_account(std::uint64_t index) {
    core::OpenAccount command;
    command.user.bytes[0] = static_cast<std::uint8_t>(index + 1);
    return command;
}

core::Deposit deposit(core::AccountId account, core::AssetId asset, std::int64_t amount,
                      std::uint64_t number) {
    core::Deposit command;
    command.account = account;
    command.asset = asset;
    command.amount = {amount};
    command.reference = core::TransferReference("d-" + std::to_string(number));
    return command;
}

}  // namespace

Traffic::Traffic(std::uint64_t seed, std::uint64_t gateway) : random_(seed), gateway_(gateway) {}

core::Command Traffic::next() {
    const std::uint64_t number = count_++;
    return {{gateway_, count_}, {}, body(number)};
}

void Traffic::append_frames(std::size_t count, bus::FrameBatch& out, std::uint64_t redelivery) {
    for (std::size_t i = 0; i < count; ++i) {
        frame_.clear();
        codec::encode_command(next(), frame_);
        out.append(frame_);
        if (redelivery == 0) continue;
        if (!earlier_.empty() && random_.chance(1, redelivery)) out.append(earlier_);
        if (earlier_.empty() || random_.chance(1, 3)) earlier_ = frame_;
    }
}

core::CommandBody Traffic::body(std::uint64_t number) {
    if (number == 0) return list_asset("INR", 4);
    if (number == 1) return list_asset("TATA", 0);
    if (number == 2) return list_market();
    if (number < 3 + accounts) return open_account(number - 3);
    if (number < 3 + 3 * accounts) {
        const std::uint64_t at = number - 3 - accounts;
        const core::AccountId owner{core::first_user_account.raw + static_cast<std::uint32_t>(at / 2)};
        return at % 2 == 0 ? deposit(owner, inr, 1'000'000'000, number)
                           : deposit(owner, tata, 10'000, number);
    }
    return random_body();
}

core::CommandBody Traffic::random_body() {
    const std::uint64_t dice = random_.below(100);
    if (dice < 60) return place();
    if (dice < 80) {
        core::CancelOrder cancel;
        cancel.account = account();
        cancel.order = order();
        return cancel;
    }
    if (dice < 88) {
        core::AmendOrder amend;
        amend.account = account();
        amend.order = order();
        amend.quantity = {random_.between(1, 20)};
        amend.quantity_change = core::QuantityChange::leaves;
        return amend;
    }
    if (dice < 94) return core::ReplaceOrder{order(), place()};
    if (dice < 96) {
        core::CancelAll all;
        all.account = account();
        return all;
    }
    if (dice < 97) return deposit(account(), inr, random_.between(1, 1'000'000), count_);
    return transfer_between_shards(dice);
}

/// Sent, received, confirmed: of the references that were sent some are confirmed, others stay pending.
core::CommandBody Traffic::transfer_between_shards(std::uint64_t dice) {
    const core::ShardName north("north");
    const core::Amount amount{random_.between(1, 1'000'000)};
    const auto reference = [](std::uint64_t number) {
        return core::TransferReference("s-" + std::to_string(number));
    };
    if (dice == 97) return core::SendTransfer{{}, account(), inr, amount, reference(++sent_), north};
    if (dice == 98) return core::ReceiveTransfer{account(), inr, amount, reference(count_), north};
    return core::ConfirmTransfer{reference(1 + random_.below(sent_ + 1)), north};
}

core::PlaceOrder Traffic::place() {
    core::PlaceOrder order;
    order.account = account();
    order.market = market;
    order.side = random_.chance(1, 2) ? core::Side::buy : core::Side::sell;
    order.kind = random_.chance(1, 10) ? core::OrderKind::market : core::OrderKind::limit;
    order.quantity = {random_.between(1, 20)};
    if (order.kind == core::OrderKind::limit) {
        order.price = {random_.between(9'950, 10'050)};
        order.post_only = random_.chance(1, 10);
        if (!order.post_only && random_.chance(1, 8)) order.time_in_force = core::TimeInForce::ioc;
    }
    if (random_.chance(1, 3)) {
        order.client_order_id = core::ClientOrderId("c" + std::to_string(random_.below(500)));
    }
    ++placed_;
    return order;
}

core::AccountId Traffic::account() {
    return {core::first_user_account.raw + static_cast<std::uint32_t>(random_.below(accounts))};
}

core::OrderId Traffic::order() {
    return {1 + random_.below(std::max<std::uint64_t>(placed_, 1))};
}

}  // namespace sauda::sequencer::testing
