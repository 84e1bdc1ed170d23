#include "api-server/transfer_delivery.h"

#include <optional>
#include <set>
#include <utility>

#include "api-server/account_opening.h"
#include "api-server/auth.h"
#include "api-server/gateway_call.h"
#include "api-server/shard_choice.h"
#include "codec/json_reply.h"
#include "telemetry/log.h"

namespace sauda::api_server {

namespace log = telemetry::log;

namespace {

constexpr std::int64_t young_ns = 1'000'000'000;  ///< whoever sent it is still at it
constexpr std::size_t page_size = 100;

/// Why a command was not done, in a sentence; empty: it was, now or before.
std::string problem_of(const Outcome& outcome, const std::string& shard) {
    if (outcome.kind != Outcome::Kind::applied) return "shard " + shard + " did not answer";
    const core::RejectReason refused = codec::outcome_of(outcome.events).refused;
    if (refused == core::RejectReason::none) return {};
    return "shard " + shard + " refuses it: " + std::string(core::sentence(refused));
}

/// The account that the owner of `account` has with another shard, opened where it is not; zero: it could not
/// be.
boost::asio::awaitable<core::AccountId> account_at(const Context& from, core::AccountId account,
                                                   const Context& to) {
    const auto user = from.views.catalog.find_user(account);
    if (!user) co_return core::AccountId{};
    if (const core::AccountId known = to.views.catalog.find_account(*user)) co_return known;
    identity::Uuid id;
    id.bytes = user->bytes;
    co_await open_account(to, id);
    co_return to.views.catalog.find_account(*user);
}

}  // namespace

boost::asio::awaitable<Delivery> deliver(const Context& from, views::PendingTransfer transfer,
                                         std::string& problem) {
    const Context* to = find_shard(from.all, transfer.to.view());
    if (to != nullptr && !to->is_open()) {
        problem = "shard " + to->shard.name + " cannot be reached yet";
        co_return Delivery::pending;
    }
    const core::Asset* sent = from.views.catalog.find_asset(transfer.asset);
    const core::Asset* asset = to == nullptr ? nullptr : to->views.catalog.find_asset(sent->name.view());
    if (asset == nullptr || asset->scale != sent->scale) {
        problem = "shard " + std::string(transfer.to.view()) + " is not there, or does not have this asset";
        co_return Delivery::pending;
    }
    const core::AccountId account = co_await account_at(from, transfer.account, *to);
    if (!account) {
        problem = "the account with shard " + to->shard.name + " could not be opened";
        co_return Delivery::pending;
    }
    core::ReceiveTransfer receive;
    receive.account = account;
    receive.asset = asset->id;
    receive.amount = transfer.amount;
    receive.reference = transfer.reference;
    receive.from = core::ShardName(from.shard.name);
    const Outcome received = co_await call(to->gateway, receive, to->now());
    problem = problem_of(received, to->shard.name);
    if (!problem.empty()) co_return Delivery::pending;
    const core::ConfirmTransfer confirm{transfer.reference, transfer.to};
    const Outcome confirmed = co_await call(from.gateway, confirm, from.now());
    problem = problem_of(confirmed, from.shard.name);
    co_return problem.empty() ? Delivery::arrived : Delivery::pending;
}

boost::asio::awaitable<void> TransferCourier::round() {
    for (const Context& from : shards_) co_await round_of(from);
}

namespace {

/// The next transfer behind `after` that has been pending for a while and goes where others can go.
std::optional<views::PendingTransfer> next_due(const Context& from, core::Sequence after,
                                               core::TimestampNs now,
                                               const std::set<core::ShardName>& stuck) {
    while (true) {
        const auto page = from.views.accounts.pending_transfers().page(page_size, after);
        for (const views::PendingTransfer* one : page) {
            const bool is_young = one->time.raw + young_ns > now.raw;
            if (!is_young && !stuck.contains(one->to)) return *one;
            after = one->sequence;
        }
        if (page.size() < page_size) return std::nullopt;
    }
}

}  // namespace

boost::asio::awaitable<void> TransferCourier::round_of(const Context& from) {
    const core::TimestampNs now = from.now();
    std::set<core::ShardName>
        stuck;  // where the first of this round could not go, the others wait for the next
    core::Sequence after;
    while (const auto next = next_due(from, after, now, stuck)) {
        const views::PendingTransfer transfer = *next;
        after = transfer.sequence;
        std::string problem;
        const Delivery delivery = co_await deliver(from, transfer, problem);
        const std::string key = from.shard.name + " " + std::string(transfer.reference.view());
        if (delivery == Delivery::arrived) {
            told_.erase(key);
            log::info(
                "transfer delivered that was left pending",
                {{"from", from.shard.name}, {"to", transfer.to.view()}, {"sequence", transfer.sequence.raw}});
            continue;
        }
        stuck.insert(transfer.to);
        if (told_[key] != problem) {
            told_[key] = problem;
            log::warning("transfer stays pending and is tried again", {{"from", from.shard.name},
                                                                       {"to", transfer.to.view()},
                                                                       {"sequence", transfer.sequence.raw},
                                                                       {"why", problem}});
        }
    }
}

}  // namespace sauda::api_server
