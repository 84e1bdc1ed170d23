// Moving an asset that is on several shards from one to another: sent, received, confirmed
// (transfer_delivery.h).
#include <algorithm>

#include <fmt/format.h>

#include "api-server/account_opening.h"
#include "api-server/api_server.h"
#include "api-server/auth.h"
#include "api-server/gateway_call.h"
#include "api-server/paging.h"
#include "api-server/responses.h"
#include "api-server/shard_choice.h"
#include "api-server/transfer_delivery.h"
#include "codec/json_reply.h"
#include "codec/json_request.h"
#include "core/types/decimal.h"
#include "order_entry/several.h"
#include "telemetry/log.h"

namespace sauda::api_server {

namespace log = telemetry::log;
using base::Unexpected;
using codec::FieldReader;
using codec::RequestError;
using codec::RequestResult;

namespace {

/// Users' references stand in one space with those of operators, and of each other: an account's own begin
/// with its number.
constexpr std::size_t own_reference_max = 40;

std::string reference_prefix(core::AccountId account) {
    return fmt::format("transfer:{}:", account.raw);
}

RequestError refused(std::string_view code, std::string_view sentence) {
    return {422, std::string(code), std::string(sentence)};
}

RequestResult<const Context*> shard_in(const Context& context, const FieldReader& fields,
                                       std::string_view field) {
    const auto name = fields.text(field);
    if (!name) return Unexpected{name.error()};
    const Context* found = find_shard(context.all, *name);
    if (found == nullptr) return Unexpected{refused("unknown_shard", "There is no shard of this name.")};
    if (!found->is_open()) return Unexpected{order_entry::shard_away(found->shard.name)};
    return found;
}

struct Wanted {
    const Context* from = nullptr;
    const Context* to = nullptr;
    core::SendTransfer send;
};

/// What can be told before anything moves: once money has left, it stays under way until it arrives.
RequestResult<Wanted> read_transfer(const Context& context, const Caller& caller, const std::string& body) {
    const auto json = codec::parse_json_object(body);
    if (!json) return Unexpected{json.error()};
    const FieldReader fields(*json);
    const auto from = shard_in(context, fields, "from");
    if (!from) return Unexpected{from.error()};
    const auto to = shard_in(context, fields, "to");
    if (!to) return Unexpected{to.error()};
    if (*from == *to) return Unexpected{refused("same_shard", "The asset is there already.")};
    const auto name = fields.text("asset");
    if (!name) return Unexpected{name.error()};
    const core::Asset* asset = (*from)->views.catalog.find_asset(*name);
    const core::Asset* there = (*to)->views.catalog.find_asset(*name);
    if (asset == nullptr || there == nullptr) {
        return Unexpected{refused(core::code(core::RejectReason::unknown_asset),
                                  "This asset is not on both shards: it cannot move between them.")};
    }
    if (!context.is_transferable(*name) || asset->scale != there->scale)
        return Unexpected{refused("not_transferable", "This asset does not move between shards.")};
    const auto text = fields.decimal("amount");
    if (!text) return Unexpected{text.error()};
    const auto amount = codec::read_amount(*text, asset->scale, "amount");
    if (!amount) return Unexpected{amount.error()};
    const auto reference = fields.text("reference");
    if (!reference) return Unexpected{reference.error()};
    if (reference->size() > own_reference_max || !core::is_valid_transfer_reference(*reference)) {
        return Unexpected{refused(core::code(core::RejectReason::invalid_reference),
                                  "A reference is 1 to 40 printable characters without spaces or quotes.")};
    }
    Wanted wanted{*from, *to, {}};
    wanted.send.account = (*from)->views.catalog.find_account(to_core(caller.session->user_id));
    wanted.send.asset = asset->id;
    wanted.send.amount = *amount;
    wanted.send.reference = core::TransferReference(reference_prefix(wanted.send.account) + *reference);
    wanted.send.to = core::ShardName((*to)->shard.name);
    return wanted;
}

std::string transfer_members(const Wanted& wanted, Delivery delivery, bool is_duplicate,
                             core::Sequence sequence) {
    const core::Asset& asset = *wanted.from->views.catalog.find_asset(wanted.send.asset);
    return fmt::format(
        R"(,"transfer_status":"{}","asset":"{}","amount":"{}","from":"{}","to":"{}","sequence":{}{})",
        delivery == Delivery::arrived ? "Arrived" : "Pending", asset.name.view(),
        core::format_decimal(wanted.send.amount.raw, asset.scale), wanted.from->shard.name,
        wanted.to->shard.name, sequence.raw, is_duplicate ? R"(,"duplicate":true)" : "");
}

/// A retry finds the first one where it is: under way, or arrived.
Answer transfer(const Context& context, const OrderLimit& limit, Call call_given) {
    const auto caller = authenticate_trader(context, call_given.request);
    if (!caller) co_return caller.error();
    if (const std::uint64_t wait = limit(caller->account, 1); wait != 0) co_return too_many_requests(wait);
    auto wanted = read_transfer(context, *caller, call_given.request.body);
    if (!wanted) co_return failure(wanted.error());
    co_await open_accounts(context, caller->session->user_id, true);
    const core::Uuid user = to_core(caller->session->user_id);
    const bool is_open =
        wanted->send.account.raw != 0 && wanted->to->views.catalog.find_account(user).raw != 0;
    if (!is_open)
        co_return failure(503, "account_pending", "This account is being opened; try again in a moment.");
    const Outcome sent = co_await call(wanted->from->gateway, wanted->send, context.now());
    if (sent.kind != Outcome::Kind::applied) co_return failure(sent);
    const codec::CommandOutcome outcome = codec::outcome_of(sent.events);
    if (outcome.refused != core::RejectReason::none) co_return failure(outcome.refused);
    const auto* pending = wanted->from->views.accounts.pending_transfers().find(wanted->send.reference);
    Delivery delivery = Delivery::arrived;
    if (pending != nullptr) {
        std::string problem;
        views::PendingTransfer copy = *pending;
        const Delivery now = co_await deliver(*wanted->from, std::move(copy), problem);
        delivery = now;
        if (now == Delivery::pending)
            log::warning("transfer is pending",
                         {{"request_id", call_given.request.request_id}, {"why", problem}});
    }
    co_return success(transfer_members(*wanted, delivery, outcome.repeated.raw != 0, sent.header.sequence));
}

std::string pending_json(const Context& context, const views::PendingTransfer& transfer) {
    const core::Asset& asset = *context.views.catalog.find_asset(transfer.asset);
    std::string_view reference = transfer.reference.view();
    const std::string prefix = reference_prefix(transfer.account);
    if (reference.starts_with(prefix)) reference.remove_prefix(prefix.size());
    return fmt::format(
        R"({{"reference":"{}","asset":"{}","amount":"{}","from":"{}","to":"{}","sequence":{},"time":{}}})",
        reference, asset.name.view(), core::format_decimal(transfer.amount.raw, asset.scale),
        context.shard.name, transfer.to.view(), transfer.sequence.raw, transfer.time.milliseconds());
}

/// What is under way; what has arrived is in the ledger of both.
Answer pending_transfers(const Context& context, Call call_given) {
    const auto caller = authenticate_trader(context, call_given.request);
    if (!caller) co_return caller.error();
    const auto limit = whole_parameter(call_given.request, "limit", 100, 1, 1000);
    if (!limit) co_return limit.error();
    const auto after = whole_parameter(call_given.request, "cursor", 0, 0, (std::uint64_t{1} << 53) - 1);
    if (!after) co_return after.error();
    const auto page =
        context.views.accounts.pending_transfers().page(caller->account, *limit, core::Sequence{*after});
    std::string list;
    for (const views::PendingTransfer* one : page)
        list += (list.empty() ? "" : ",") + pending_json(context, *one);
    const bool is_full = page.size() == *limit;
    co_return success(fmt::format(R"(,"transfers":[{}],"next_cursor":{})", list,
                                  is_full ? std::to_string(page.back()->sequence.raw) : "null"));
}

}  // namespace

void add_transfer_routes(Router& router, const Context& context, OrderLimit limit) {
    router.add(net::Method::post, "/api/v1/transfers", [&context, limit = std::move(limit)](Call call_given) {
        return transfer(context, limit, std::move(call_given));
    });
    router.add(net::Method::get, "/api/v1/transfers",
               [&context](Call call_given) { return pending_transfers(context, std::move(call_given)); });
}

}  // namespace sauda::api_server
