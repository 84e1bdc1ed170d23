#include "sauda/remote/redis_tickets.h"

#include <future>
#include <memory>
#include <optional>
#include <utility>

#include <boost/asio/post.hpp>

namespace sauda {

namespace redis = bus::redis;
using base::Result;
using base::Unexpected;
using identity::TicketGrant;
using identity::TicketRefusal;

namespace {

constexpr std::size_t ticket_digits = 64;
/// Beyond what the client itself waits for Redis.
constexpr auto patience = std::chrono::seconds(2);

/// Keys: the ticket, its user's count. Arguments: what the ticket grants, its lifetime, the most of one user.
constexpr const char* issue_script = R"(
local count = redis.call('INCR', KEYS[2])
if count == 1 then redis.call('PEXPIRE', KEYS[2], ARGV[2]) end
if count > tonumber(ARGV[3]) then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
)";

/// Has `ask(done)` called on the network thread, and waits for what `done` is given; nothing when it takes
/// too long.
template <class T, class Ask>
std::optional<T> ask_and_wait(boost::asio::io_context& io, Ask ask) {
    const auto promise = std::make_shared<std::promise<T>>();
    std::future<T> answer = promise->get_future();
    boost::asio::post(io, [ask = std::move(ask), promise] {
        ask([promise](T value) { promise->set_value(std::move(value)); });
    });
    if (answer.wait_for(patience) != std::future_status::ready) return std::nullopt;
    return answer.get();
}

}  // namespace

RedisTickets::RedisTickets(boost::asio::io_context& io, redis::Client& redis, std::string prefix)
    : io_(io), redis_(redis), prefix_(std::move(prefix)), issue_(issue_script) {}

Result<std::string, TicketRefusal> RedisTickets::issue(TicketGrant grant, std::int64_t) {
    const std::string ticket = identity::random_token(ticket_digits / 2);
    const std::string user = grant.user_id.text();
    enum class Told { issued, too_many, failed };
    const auto told = ask_and_wait<Told>(io_, [this, ticket, user, grant](auto done) {
        redis_.run(issue_, {prefix_ + "ticket:" + ticket, prefix_ + "tickets:" + user},
                   {user + grant.token_id, std::to_string(lifetime.count()), std::to_string(per_user_max)},
                   [done](const redis::Answer& answer) {
                       if (!answer) return done(Told::failed);
                       done(answer->integer() == 1 ? Told::issued : Told::too_many);
                   });
    });
    if (!told || *told == Told::failed) return Unexpected{TicketRefusal::store_failed};
    if (*told == Told::too_many) return Unexpected{TicketRefusal::too_many_for_user};
    return ticket;
}

Result<std::optional<TicketGrant>, TicketRefusal> RedisTickets::redeem(std::string_view ticket,
                                                                       std::int64_t) {
    if (ticket.size() != ticket_digits ||
        ticket.find_first_not_of("0123456789abcdef") != std::string_view::npos)
        return std::optional<TicketGrant>();
    const auto taken = ask_and_wait<redis::Client::Value>(
        io_, [this, key = prefix_ + "ticket:" + std::string(ticket)](auto done) {
            redis_.take(key, [done](const redis::Client::Value& value) { done(value); });
        });
    if (!taken || !*taken) return Unexpected{TicketRefusal::store_failed};
    const std::optional<std::string>& text = **taken;
    constexpr std::size_t uuid_size = 36;
    if (!text || text->size() <= uuid_size) return std::optional<TicketGrant>();
    const auto user = identity::Uuid::parse(std::string_view(*text).substr(0, uuid_size));
    if (!user) return std::optional<TicketGrant>();
    return std::optional(TicketGrant{*user, text->substr(uuid_size)});
}

}  // namespace sauda
