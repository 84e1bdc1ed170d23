// Operators: funds, listings, fees, states. Each becomes a journaled command that names its operator.
#include <algorithm>

#include <fmt/format.h>

#include "api-server/account_opening.h"
#include "api-server/api_server.h"
#include "api-server/auth.h"
#include "api-server/gateway_call.h"
#include "api-server/responses.h"
#include "codec/json_reply.h"
#include "codec/json_request.h"
#include "core/types/decimal.h"
#include "order_entry/several.h"
#include "telemetry/log.h"

namespace sauda::api_server {

namespace log = telemetry::log;
using base::Result;
using base::Unexpected;
using codec::FieldReader;
using codec::RequestError;
using codec::RequestResult;

namespace {

RequestError rule(core::RejectReason reason) {
    return {codec::http_status(reason), std::string(core::code(reason)), std::string(core::sentence(reason))};
}

RequestResult<std::uint32_t> account_named(const Context& context, const FieldReader& fields,
                                           std::optional<identity::User>& user) {
    if (fields.has("account")) {
        const auto account = fields.whole("account");
        if (!account) return Unexpected{account.error()};
        return static_cast<std::uint32_t>(std::min<std::uint64_t>(*account, UINT32_MAX));
    }
    if (!user) return Unexpected{RequestError{404, "unknown_account", "There is no user of this email."}};
    const core::AccountId account = context.views.catalog.find_account(to_core(user->user_id));
    if (!account)
        return Unexpected{RequestError{503, "account_pending",
                                       "This user's account is not open yet; let them log in once."}};
    return account.raw;
}

RequestResult<const core::Asset*> asset_named(const Context& context, const FieldReader& fields,
                                              std::string_view field) {
    const auto name = fields.text(field);
    if (!name) return Unexpected{name.error()};
    const core::Asset* asset = context.views.catalog.find_asset(*name);
    if (asset == nullptr) return Unexpected{rule(core::RejectReason::unknown_asset)};
    return asset;
}

RequestResult<core::MarketId> market_named(const Context& context, const FieldReader& fields) {
    const auto name = fields.text("market");
    if (!name) return Unexpected{name.error()};
    const core::Market* market = context.views.catalog.find_market(*name);
    if (market == nullptr) return Unexpected{rule(core::RejectReason::unknown_market)};
    return market->id;
}

/// Percent with up to four decimals: "0.1", "-0.01". Parts per million in return.
RequestResult<std::int32_t> percent(const FieldReader& fields, std::string_view field) {
    const auto text = fields.decimal(field);
    if (!text) return Unexpected{text.error()};
    const auto parsed = core::parse_decimal(*text, 4);
    if (!parsed || *parsed > INT32_MAX || *parsed < INT32_MIN)
        return Unexpected{rule(core::RejectReason::invalid_fee_rates)};
    return static_cast<std::int32_t>(*parsed);
}

RequestResult<core::FeeRates> fee_rates(const FieldReader& fields) {
    const auto maker = percent(fields, "maker_fee_percent");
    if (!maker) return Unexpected{maker.error()};
    const auto taker = percent(fields, "taker_fee_percent");
    if (!taker) return Unexpected{taker.error()};
    return core::FeeRates{*maker, *taker};
}

RequestResult<core::AssetName> asset_name(const std::string& text) {
    if (text.size() > core::asset_name_size_max) return Unexpected{rule(core::RejectReason::invalid_name)};
    return core::AssetName(text);
}

RequestResult<core::CommandBody> read_list_asset(const FieldReader& fields, core::Uuid operator_id) {
    const auto text = fields.text("asset");
    if (!text) return Unexpected{text.error()};
    const auto name = asset_name(*text);
    if (!name) return Unexpected{name.error()};
    const auto scale = fields.whole("scale");
    if (!scale) return Unexpected{scale.error()};
    if (*scale > core::asset_scale_max) return Unexpected{rule(core::RejectReason::invalid_scale)};
    return core::CommandBody(core::ListAsset{operator_id, *name, static_cast<std::uint8_t>(*scale)});
}

/// A step ("0.05") as a unit's scale (2) and a count of units (5).
struct Step {
    std::uint8_t scale = 0;
    std::int64_t units = 0;
};
RequestResult<Step> step(const FieldReader& fields, std::string_view field) {
    const auto text = fields.decimal(field);
    if (!text) return Unexpected{text.error()};
    const std::size_t point = text->find('.');
    const std::size_t decimals = point == std::string::npos ? 0 : text->size() - point - 1;
    if (decimals > core::asset_scale_max) return Unexpected{rule(core::RejectReason::invalid_tick_or_lot)};
    const auto units = core::parse_decimal(*text, static_cast<int>(decimals));
    if (!units || *units <= 0) return Unexpected{rule(core::RejectReason::invalid_tick_or_lot)};
    return Step{static_cast<std::uint8_t>(decimals), *units};
}

RequestResult<core::CommandBody> read_list_market(const Context& context, const FieldReader& fields,
                                                  core::Uuid operator_id) {
    core::ListMarket command;
    command.operator_id = operator_id;
    const auto name = fields.text("market");
    if (!name) return Unexpected{name.error()};
    if (name->size() > core::market_name_size_max) return Unexpected{rule(core::RejectReason::invalid_name)};
    const auto base = asset_named(context, fields, "base");
    if (!base) return Unexpected{base.error()};
    const auto quote = asset_named(context, fields, "quote");
    if (!quote) return Unexpected{quote.error()};
    const auto tick = step(fields, "tick");
    if (!tick) return Unexpected{tick.error()};
    const auto lot = step(fields, "lot");
    if (!lot) return Unexpected{lot.error()};
    const auto fees = fee_rates(fields);
    if (!fees) return Unexpected{fees.error()};
    const auto min_notional = fields.decimal("min_notional");
    if (!min_notional) return Unexpected{min_notional.error()};
    const auto minimum = core::parse_decimal(*min_notional, (*quote)->scale);
    if (!minimum || *minimum < 0) return Unexpected{rule(core::RejectReason::invalid_amount)};
    const auto fee_asset = fields.text("fee_asset");
    if (!fee_asset) return Unexpected{fee_asset.error()};
    if (*fee_asset != "quote" && *fee_asset != "received") {
        return Unexpected{RequestError{400, "malformed_request",
                                       "The field \"fee_asset\" must be one of: quote, received."}};
    }
    command.spec.name = core::MarketName(*name);
    command.spec.base = (*base)->id;
    command.spec.quote = (*quote)->id;
    command.spec.price_scale = tick->scale;
    command.spec.tick = tick->units;
    command.spec.quantity_scale = lot->scale;
    command.spec.lot = lot->units;
    command.spec.min_notional = {*minimum};
    command.spec.fees = *fees;
    command.spec.fee_asset = *fee_asset == "quote" ? core::FeeAsset::quote : core::FeeAsset::received;
    return core::CommandBody(command);
}

/// Why an asset or a market cannot be listed here, though it could be elsewhere; nothing: it can. What a
/// shard has that is away nobody knows.
std::optional<RequestError> listed_elsewhere(const Context& context, const core::CommandBody& command) {
    const auto* asset = std::get_if<core::ListAsset>(&command);
    const auto* market = std::get_if<core::ListMarket>(&command);
    if (asset == nullptr && market == nullptr) return std::nullopt;
    for (const Context& other : context.all) {
        if (&other == &context) continue;
        if (!other.is_open()) return order_entry::shard_away(other.shard.name);
        const bool has_asset =
            asset != nullptr && other.views.catalog.find_asset(asset->name.view()) != nullptr;
        if (has_asset && !context.is_transferable(asset->name.view())) {
            return RequestError{
                422, "listed_elsewhere",
                "Shard " + other.shard.name +
                    " has this asset, and it is not among the transferable ones of shards.file."};
        }
        if (market != nullptr && other.views.catalog.find_market(market->spec.name.view()) != nullptr) {
            return RequestError{
                422, "listed_elsewhere",
                "Shard " + other.shard.name + " has a market of this name; a market is on one."};
        }
    }
    return std::nullopt;
}

RequestResult<core::CommandBody> read_market_state(const Context& context, const FieldReader& fields,
                                                   core::Uuid operator_id) {
    const auto market = market_named(context, fields);
    if (!market) return Unexpected{market.error()};
    const auto state = fields.text("state");
    if (!state) return Unexpected{state.error()};
    for (const auto candidate :
         {core::MarketState::trading, core::MarketState::cancel_only, core::MarketState::halted}) {
        if (codec::market_state_text(candidate) == *state) {
            return core::CommandBody(core::SetMarketState{operator_id, *market, candidate});
        }
    }
    return Unexpected{RequestError{400, "malformed_request",
                                   "The field \"state\" must be one of: trading, cancel_only, halted."}};
}

RequestResult<core::CommandBody> read_asset_state(const Context& context, const FieldReader& fields,
                                                  core::Uuid operator_id) {
    const auto asset = asset_named(context, fields, "asset");
    if (!asset) return Unexpected{asset.error()};
    const auto halted = fields.boolean_or("halted", true);
    if (!halted) return Unexpected{halted.error()};
    return core::CommandBody(core::SetAssetState{operator_id, (*asset)->id, *halted});
}

RequestResult<core::CommandBody> read_fees(const Context& context, const FieldReader& fields,
                                           core::Uuid operator_id) {
    const auto market = market_named(context, fields);
    if (!market) return Unexpected{market.error()};
    const auto fees = fee_rates(fields);
    if (!fees) return Unexpected{fees.error()};
    return core::CommandBody(core::SetFees{operator_id, *market, *fees});
}

template <class Transfer>
RequestResult<core::CommandBody> read_transfer(const Context& context, const FieldReader& fields,
                                               core::Uuid operator_id, core::AccountId account) {
    const auto asset = asset_named(context, fields, "asset");
    if (!asset) return Unexpected{asset.error()};
    const auto text = fields.decimal("amount");
    if (!text) return Unexpected{text.error()};
    const auto amount = codec::read_amount(*text, (*asset)->scale, "amount");
    if (!amount) return Unexpected{amount.error()};
    const auto reference = fields.text("reference");
    if (!reference) return Unexpected{reference.error()};
    if (!core::is_valid_transfer_reference(*reference))
        return Unexpected{rule(core::RejectReason::invalid_reference)};
    return core::CommandBody(
        Transfer{operator_id, account, (*asset)->id, *amount, core::TransferReference(*reference)});
}

RequestResult<core::CommandBody> read_account_state(const FieldReader& fields, core::Uuid operator_id,
                                                    core::AccountId account) {
    const auto frozen = fields.boolean_or("frozen", true);
    if (!frozen) return Unexpected{frozen.error()};
    return core::CommandBody(core::SetAccountState{operator_id, account, *frozen});
}

/// Sends the command, and tells how it ended.
Answer send(const Context& context, const net::Request& request, core::CommandBody body) {
    const Outcome outcome = co_await call(context.gateway, std::move(body), context.now());
    if (outcome.kind != Outcome::Kind::applied) co_return failure(outcome);
    const codec::CommandOutcome result = codec::outcome_of(outcome.events);
    // Frozen is the account that the command names, not the operator: no 403.
    if (result.refused == core::RejectReason::account_frozen) {
        co_return failure(422, core::code(result.refused), "This account is frozen: unfreeze it first.");
    }
    if (result.refused != core::RejectReason::none) co_return failure(result.refused);
    const std::uint64_t sequence = outcome.header.sequence.raw;
    log::info("operator command applied",
              {{"request_id", request.request_id}, {"path", request.path}, {"sequence", sequence}});
    co_return success(
        fmt::format(R"({},"sequence":{})", result.repeated ? R"(,"duplicate":true)" : "", sequence));
}

/// Reads a command from its body; the account is filled in by those that name one.
using Reader = RequestResult<core::CommandBody> (*)(const Context&, const FieldReader&, core::Uuid,
                                                    core::AccountId);

Answer administer(const Context& context, net::Request request, Reader read, bool names_account) {
    const auto caller = authenticate_operator(context, request);
    if (!caller) co_return caller.error();
    const auto body = codec::parse_json_object(request.body);
    if (!body) co_return failure(body.error());
    const FieldReader fields(*body);
    core::AccountId account;
    if (names_account) {
        std::optional<identity::User> user;
        if (!fields.has("account")) {
            const auto email = fields.text("email");
            if (!email) co_return failure(email.error());
            auto work = [&identity = context.identity, email = *email] {
                return identity.find_user_by_email(email);
            };
            const auto found = co_await context.pool.run(std::move(work));
            if (!found)
                co_return failure(503, "overloaded",
                                  "Too many requests wait for the user store; try again in a moment.");
            if (!*found) co_return failure(found->error());
            user = **found;
        }
        const bool is_unopened =
            user && !context.views.catalog.find_account(to_core(user->user_id)) && context.has_peers();
        if (is_unopened) co_await open_account(context, user->user_id);
        const auto named = account_named(context, fields, user);
        if (!named) co_return failure(named.error());
        account = {*named};
    }
    auto command = read(context, fields, caller->id, account);
    if (!command) co_return failure(command.error());
    if (const auto elsewhere = listed_elsewhere(context, *command)) co_return failure(*elsewhere);
    co_return co_await send(context, request, std::move(*command));
}

}  // namespace

void add_admin_routes(Router& router, const Context& context) {
    const auto add = [&](const char* path, bool names_account, Reader read) {
        router.add(net::Method::post, std::string("/api/v1/admin/") + path,
                   [&context, read, names_account](Call call) {
                       return administer(context, std::move(call.request), read, names_account);
                   });
    };
    using C = const Context&;
    using F = const FieldReader&;
    using U = core::Uuid;
    using A = core::AccountId;
    add("deposit", true, [](C c, F f, U u, A a) { return read_transfer<core::Deposit>(c, f, u, a); });
    add("withdraw", true, [](C c, F f, U u, A a) { return read_transfer<core::Withdraw>(c, f, u, a); });
    add("accounts/state", true, [](C, F f, U u, A a) { return read_account_state(f, u, a); });
    add("assets", false, [](C, F f, U u, A) { return read_list_asset(f, u); });
    add("assets/state", false, [](C c, F f, U u, A) { return read_asset_state(c, f, u); });
    add("markets", false, [](C c, F f, U u, A) { return read_list_market(c, f, u); });
    add("markets/state", false, [](C c, F f, U u, A) { return read_market_state(c, f, u); });
    add("fees", false, [](C c, F f, U u, A) { return read_fees(c, f, u); });
}

}  // namespace sauda::api_server
