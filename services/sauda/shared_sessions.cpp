#include "sauda/shared_sessions.h"

#include <chrono>
#include <memory>
#include <optional>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "api-server/await_callback.h"
#include "sauda/time_limit.h"
#include "sauda/wall_clock.h"
#include "telemetry/log.h"

namespace sauda {

namespace asio = boost::asio;

namespace {

constexpr std::size_t waiting_max = 4'096;
/// So long the store may take to tell of who was known a second ago.
constexpr std::chrono::milliseconds patience{200};
constexpr std::int64_t ahead_ms = 50;
/// A broken connection is found within this; a store that does not answer takes longer.
constexpr std::chrono::milliseconds at_once{500};
/// So long a note may take: reading the store takes hardly longer.
constexpr std::chrono::milliseconds notes_patience{20};

}  // namespace

SharedSessions::SharedSessions(asio::io_context& io, identity::IdentityService& identity, SessionNotes* notes,
                               telemetry::Metrics& metrics)
    : io_(io),
      identity_(identity),
      notes_(notes),
      from_notes_(
          metrics.counter("sauda_session_lookups_total", "Sessions that were looked up", {{"in", "redis"}})),
      from_store_(
          metrics.counter("sauda_session_lookups_total", "Sessions that were looked up", {{"in", "store"}})),
      pool_(1, waiting_max, api_server::PoolPriority::usual) {}

/// Now, or by the time at which who asked for it has come to ask identity.
bool SharedSessions::is_unknown(const std::string& token) const {
    const auto found = identity_.authenticate(token, wall_now().milliseconds() + ahead_ms);
    return !found && found.error().refusal == identity::Refusal::session_unknown;
}

bool SharedSessions::is_doubted(const std::string& token) const {
    if (doubted_.empty()) return false;
    const auto token_id = identity_.token_id_of(token, wall_now().milliseconds());
    return token_id && doubted_.contains(*token_id);
}

asio::awaitable<void> SharedSessions::refresh(std::string token, bool anew) {
    if (!anew && !is_unknown(token)) co_return;
    if (!identity_.was_good(token, wall_now().milliseconds()))
        co_return co_await look_up(std::move(token), anew);
    if (!is_away_) co_await look_up_for_a_moment(token, anew);
    if (!is_unknown(token) || is_doubted(token)) co_return;
    if (identity_.trust_again(token, wall_now().milliseconds())) set_away(true);
}

asio::awaitable<void> SharedSessions::look_up(std::string token, bool anew) {
    if (notes_ && !anew && !is_doubted(token)) {
        const bool is_noted = co_await find_note(token);
        if (is_noted) co_return;
    }
    co_await read(std::move(token));
}

/// Whether a note tells that the session is good. A note that does not come at once is done without.
asio::awaitable<bool> SharedSessions::find_note(std::string token) {
    const auto token_id = identity_.token_id_of(token, wall_now().milliseconds());
    if (!token_id) co_return false;
    auto ask = [this, token_id](std::function<void(std::optional<std::string>)> done) {
        notes_->find(*token_id, within<std::string>(io_, notes_patience, std::move(done)));
    };
    const auto sealed = co_await api_server::await_callback<std::optional<std::string>>(std::move(ask));
    const bool is_good =
        sealed && identity_.admit_sealed(token, *sealed, wall_now().milliseconds() + ahead_ms);
    if (is_good) from_notes_.add();
    co_return is_good;
}

asio::awaitable<void> SharedSessions::read(std::string token) {
    // A token that is none says nothing about the store: it was not asked. A store that has answered so far
    // and fails at once is asked twice: it may have been started again, and its connection of before is found
    // broken once. One that does not answer is not waited for again.
    auto ask = [&identity = identity_, token, may_be_back = !is_away_]() -> std::optional<bool> {
        const auto has_failed = [](const auto& session) {
            return !session && session.error().refusal == identity::Refusal::storage_failed;
        };
        const auto begun = std::chrono::steady_clock::now();
        auto session = identity.refresh_session(token, wall_now().milliseconds());
        const bool is_at_once = std::chrono::steady_clock::now() - begun < at_once;
        if (may_be_back && is_at_once && has_failed(session))
            session = identity.refresh_session(token, wall_now().milliseconds());
        if (!session && session.error().refusal == identity::Refusal::bad_token) return std::nullopt;
        return !has_failed(session);
    };
    const auto has_answered = co_await pool_.run(std::move(ask));
    if (!has_answered || !*has_answered) co_return;
    set_away(!**has_answered);
    if (is_away_) co_return;
    from_store_.add();
    const std::int64_t now_ms = wall_now().milliseconds();
    const auto token_id = identity_.token_id_of(token, now_ms);
    if (!token_id) co_return;
    doubted_.erase(*token_id);
    const auto sealed = notes_ ? identity_.seal_session(token, now_ms) : std::nullopt;
    if (sealed) notes_->put(*token_id, *sealed);
}

/// Goes on when the session was looked up, or after a moment.
asio::awaitable<void> SharedSessions::look_up_for_a_moment(std::string token, bool anew) {
    const auto timer = std::make_shared<asio::steady_timer>(io_, patience);
    auto looking = [this, timer, token = std::move(token), anew]() -> asio::awaitable<void> {
        co_await look_up(token, anew);
        timer->cancel();
    };
    asio::co_spawn(io_, std::move(looking), asio::detached);
    boost::system::error_code ended;
    co_await timer->async_wait(asio::redirect_error(asio::use_awaitable, ended));
}

void SharedSessions::set_away(bool is_away) {
    if (std::exchange(is_away_, is_away) == is_away) return;
    if (is_away) {
        telemetry::log::warning("sessions cannot be looked up: those that are known stay good");
    } else {
        telemetry::log::info("sessions are looked up again");
    }
}

void SharedSessions::probe() {
    if (!is_away_ || std::exchange(is_probing_, true)) return;
    auto probing = [this]() -> asio::awaitable<void> {
        auto ask = [&identity = identity_] { return identity.find_user(identity::Uuid{}).has_value(); };
        const auto has_answered = co_await pool_.run(std::move(ask));
        if (has_answered && *has_answered) set_away(false);
        is_probing_ = false;
    };
    asio::co_spawn(io_, std::move(probing), asio::detached);
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

void SharedSessions::doubt(const std::string& token_id) {
    if (!identity_.distrust_session(token_id)) return;
    doubted_.insert(token_id);
    recheck({});
}

void SharedSessions::recheck(std::vector<std::string> token_ids) {
    probe();
    if (is_away_) return;
    for (std::string& id : token_ids) to_recheck_.insert(std::move(id));
    to_recheck_.insert(doubted_.begin(), doubted_.end());
    if (!is_rechecking_) recheck_next();
}

void SharedSessions::recheck_next() {
    if (to_recheck_.empty()) return;
    is_rechecking_ = true;
    const auto ids = std::make_shared<const std::vector<std::string>>(to_recheck_.begin(), to_recheck_.end());
    to_recheck_.clear();
    auto rechecking = [this, ids]() -> asio::awaitable<void> {
        auto read = [&identity = identity_, ids] {
            const auto done = identity.recheck_sessions(*ids, wall_now().milliseconds());
            return done ? std::string() : done.error().sentence;
        };
        const auto problem = co_await pool_.run(std::move(read));
        if (problem && problem->empty())
            for (const std::string& id : *ids) doubted_.erase(id);
        if (problem && !problem->empty())
            telemetry::log::warning("sessions cannot be checked", {{"reason", *problem}});
        is_rechecking_ = false;
        recheck_next();
    };
    asio::co_spawn(io_, std::move(rechecking), asio::detached);
}

}  // namespace sauda
