#include "api-server/account_opening.h"

#include <utility>

#include "api-server/auth.h"
#include "api-server/gateway_call.h"
#include "telemetry/log.h"

namespace sauda::api_server {

namespace log = telemetry::log;

namespace {

bool is_home(const Context& context) {
    return &context == context.all.data();
}

}  // namespace

boost::asio::awaitable<void> open_account(const Context& context, identity::Uuid user) {
    const Outcome outcome = co_await call(context.gateway, core::OpenAccount{to_core(user)}, context.now());
    const core::AccountId account = context.views.catalog.find_account(to_core(user));
    if (outcome.kind != Outcome::Kind::applied || !account) {
        log::warning("account not opened; the next login tries again",
                     {{"user_id", user.text()}, {"shard", context.shard.name}});
        co_return;
    }
    if (!is_home(context)) co_return;
    auto attach = [&identity = context.identity, user, account] {
        return identity.attach_account(user, account.raw);
    };
    const auto attached = co_await context.pool.run(std::move(attach));
    if (!attached || !*attached)
        log::warning("account not recorded; the next login tries again", {{"user_id", user.text()}});
}

boost::asio::awaitable<void> open_accounts(const Context& context, identity::Uuid user, bool is_recorded) {
    for (const Context& shard : context.all) {
        if (!shard.is_open()) continue;
        const bool is_open = shard.views.catalog.find_account(to_core(user)).raw != 0;
        if (!is_open || (is_home(shard) && !is_recorded)) co_await open_account(shard, user);
    }
}

}  // namespace sauda::api_server
