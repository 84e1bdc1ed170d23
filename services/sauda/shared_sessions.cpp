#include "sauda/shared_sessions.h"

#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "sauda/wall_clock.h"
#include "telemetry/log.h"

namespace sauda {

namespace asio = boost::asio;

namespace {

constexpr std::size_t waiting_max = 4'096;

}  // namespace

SharedSessions::SharedSessions(asio::io_context& io, identity::IdentityService& identity)
    : io_(io), identity_(identity), pool_(1, waiting_max, api_server::PoolPriority::usual) {}

bool SharedSessions::is_unknown(const std::string& token) const {
    const auto found = identity_.authenticate(token, wall_now().milliseconds());
    return !found && found.error().refusal == identity::Refusal::session_unknown;
}

asio::awaitable<void> SharedSessions::refresh(std::string token, bool anew) {
    if (!anew && !is_unknown(token)) co_return;
    auto read = [&identity = identity_, token = std::move(token)] {
        return identity.refresh_session(token, wall_now().milliseconds()).has_value();
    };
    co_await pool_.run(std::move(read));
}

void SharedSessions::refresh(std::string token, std::function<void()> done) {
    if (!is_unknown(token)) return done();
    auto refreshing = [this, token = std::move(token), done = std::move(done)]() -> asio::awaitable<void> {
        co_await refresh(token);
        done();
    };
    asio::co_spawn(io_, std::move(refreshing), asio::detached);
}

void SharedSessions::redeem(std::string ticket, std::function<void(const Redeemed& session)> done) {
    auto redeeming = [this, ticket = std::move(ticket), done = std::move(done)]() -> asio::awaitable<void> {
        auto redeem = [&identity = identity_, ticket] {
            return identity.redeem_ticket(ticket, wall_now().milliseconds());
        };
        const auto session = co_await pool_.run(std::move(redeem));
        const Redeemed nobody =
            base::Unexpected{identity::make_failure(identity::Refusal::storage_failed)};  // too many wait
        done(session ? *session : nobody);
    };
    asio::co_spawn(io_, std::move(redeeming), asio::detached);
}

void SharedSessions::recheck(std::vector<std::string> token_ids) {
    for (std::string& id : token_ids) to_recheck_.insert(std::move(id));
    if (!is_rechecking_) recheck_next();
}

void SharedSessions::recheck_next() {
    if (to_recheck_.empty()) return;
    is_rechecking_ = true;
    std::vector<std::string> ids(to_recheck_.begin(), to_recheck_.end());
    to_recheck_.clear();
    auto rechecking = [this, ids = std::move(ids)]() mutable -> asio::awaitable<void> {
        auto read = [&identity = identity_, ids = std::move(ids)] {
            const auto done = identity.recheck_sessions(ids, wall_now().milliseconds());
            return done ? std::string() : done.error().sentence;
        };
        const auto problem = co_await pool_.run(std::move(read));
        if (problem && !problem->empty())
            telemetry::log::warning("sessions cannot be checked", {{"reason", *problem}});
        is_rechecking_ = false;
        recheck_next();
    };
    asio::co_spawn(io_, std::move(rechecking), asio::detached);
}

}  // namespace sauda
