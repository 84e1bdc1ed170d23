#include "event-broadcaster/broadcaster.h"

#include <cstring>
#include <vector>

#include <fmt/format.h>

#include "event-broadcaster/session.h"
#include "identity/random_id.h"
#include "telemetry/log.h"

namespace sauda::event_broadcaster {

namespace log = telemetry::log;

namespace {

/// Names this run of this process to all engines.
std::uint64_t random_holder() {
    const base::Bytes bytes = identity::random_bytes(sizeof(std::uint64_t));
    std::uint64_t holder = 0;
    std::memcpy(&holder, bytes.data(), sizeof holder);
    return holder | 1;  // zero is an account's countdown
}

}  // namespace

std::vector<std::string_view> message_names() {
    return Session::names();
}

Broadcaster::Broadcaster(Context context) : context_(std::move(context)), run_(identity::random_token(3)) {
    const std::uint64_t holder = random_holder();
    for (const ShardContext& shard : context_.shards) {
        leases_.push_back(std::make_unique<ConnectionLeases>(
            shard.gateway, holder, context_.now,
            [this](std::uint64_t connection) { end_connection(connection); }));
    }
}

Broadcaster::~Broadcaster() = default;

void Broadcaster::open(std::shared_ptr<net::WebSocket> socket, const net::Request& request) {
    const std::uint64_t number = ++opened_;
    std::string connection_id = fmt::format("ws-{}-{}", run_, number);
    log::info("web socket opened", {{"connection_id", connection_id}, {"request_id", request.request_id}});
    const auto session =
        std::make_shared<Session>(*this, std::move(socket), number, std::move(connection_id));
    sessions_.emplace(session.get(), session);
    session->start(request.query.get("ticket").value_or(""));
}

void Broadcaster::shard_opened() {
    for (const auto& [key, session] : sessions_) session->attach_opened();
}

void Broadcaster::end_session(const std::string& token_id) {
    std::vector<std::shared_ptr<Session>> ended;
    for (const auto& [key, session] : sessions_) {
        if (session->token_id() == token_id) ended.push_back(session);
    }
    for (const auto& session : ended) {
        session->close(static_cast<std::uint16_t>(net::CloseCode::policy_violation), "session_ended");
    }
}

/// What its owner relies on is gone: he shall know.
void Broadcaster::end_connection(std::uint64_t number) {
    for (const auto& [key, session] : sessions_) {
        if (session->number() != number) continue;
        return session->close(static_cast<std::uint16_t>(net::CloseCode::try_again_later),
                              "cancel_on_disconnect_lost");
    }
}

std::vector<std::string> Broadcaster::token_ids() const {
    std::unordered_set<std::string> ids;
    for (const auto& [key, session] : sessions_) {
        if (!session->token_id().empty()) ids.insert(session->token_id());
    }
    return {ids.begin(), ids.end()};
}

void Broadcaster::closed(Session& session) {
    sessions_.erase(&session);
}

}  // namespace sauda::event_broadcaster
