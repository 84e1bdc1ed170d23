#include "event-broadcaster/broadcaster.h"

#include <vector>

#include "event-broadcaster/session.h"

namespace sauda::event_broadcaster {

Broadcaster::Broadcaster(Context context) : context_(std::move(context)) {}

Broadcaster::~Broadcaster() = default;

void Broadcaster::open(std::shared_ptr<net::WebSocket> socket, const net::Request& request) {
    const auto session = std::make_shared<Session>(*this, std::move(socket));
    sessions_.emplace(session.get(), session);
    session->start(request.query.get("ticket").value_or(""));
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

void Broadcaster::closed(Session& session) {
    sessions_.erase(&session);
}

}  // namespace sauda::event_broadcaster
