#include "identity/session_cache.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/assert.h"

namespace sauda::identity {

SessionCache::SessionPointer SessionCache::admit(LiveSession session, std::int64_t read_ms) {
    const std::lock_guard lock(mutex_);
    if (const auto at = entries_.find(session.token_id); at != entries_.end()) take(at);
    // An authoritative cache may not forget. It stays bounded by the sessions that one user may have.
    if (!config_.authoritative && entries_.size() >= config_.sessions_max) take(entries_.begin());
    std::string token_id = session.token_id;
    token_ids_by_user_[session.user_id].push_back(token_id);
    by_expiry_.emplace(session.expires_ms, token_id);
    const auto shared = std::make_shared<const LiveSession>(std::move(session));
    const bool is_new = entries_.try_emplace(std::move(token_id), Entry{shared, read_ms}).second;
    ASSERT(is_new);
    ASSERT(by_expiry_.size() == entries_.size());
    return shared;
}

/// Nor while the clock stands before the reading: it was set back since, by nobody knows how much.
bool SessionCache::is_trusted(const Entry& entry, std::int64_t now_ms) const {
    if (config_.authoritative) return true;
    return now_ms >= entry.read_ms && now_ms - entry.read_ms < config_.trusted_ms;
}

SessionCache::Answer SessionCache::find(std::string_view token_id, std::int64_t now_ms) const {
    const std::lock_guard lock(mutex_);
    const bool is_ended =
        config_.authoritative || young_ended_.contains(token_id) || old_ended_.contains(token_id);
    const Answer absent{is_ended ? Answer::Kind::ended : Answer::Kind::unknown, nullptr};
    const auto at = entries_.find(token_id);
    if (at == entries_.end() || !is_trusted(at->second, now_ms)) return absent;
    if (now_ms >= at->second.session->expires_ms) return {Answer::Kind::ended, nullptr};
    return {Answer::Kind::live, at->second.session, at->second.read_ms};
}

bool SessionCache::holds(std::string_view token_id, std::int64_t now_ms) const {
    const std::lock_guard lock(mutex_);
    const auto at = entries_.find(token_id);
    return at != entries_.end() && now_ms < at->second.session->expires_ms;
}

bool SessionCache::trust_again(std::string_view token_id, std::int64_t now_ms) {
    const std::lock_guard lock(mutex_);
    const auto at = entries_.find(token_id);
    if (at == entries_.end() || now_ms >= at->second.session->expires_ms) return false;
    at->second.read_ms = now_ms;
    return true;
}

bool SessionCache::distrust(std::string_view token_id) {
    const std::lock_guard lock(mutex_);
    const auto at = entries_.find(token_id);
    if (at == entries_.end()) return false;
    at->second.read_ms = std::numeric_limits<std::int64_t>::max();  // is_trusted(): read after now
    return true;
}

SessionCache::SessionPointer SessionCache::take(Entries::iterator at) {
    SessionPointer session = std::move(at->second.session);
    const auto user = token_ids_by_user_.find(session->user_id);
    ASSERT(user != token_ids_by_user_.end());
    const std::size_t removed = std::erase(user->second, at->first);
    ASSERT(removed == 1);
    const std::size_t unscheduled = by_expiry_.erase({session->expires_ms, at->first});
    ASSERT(unscheduled == 1);
    if (user->second.empty()) token_ids_by_user_.erase(user);
    entries_.erase(at);
    return session;
}

void SessionCache::take_if_held(std::string_view token_id, std::vector<SessionPointer>& ended) {
    if (const auto at = entries_.find(token_id); at != entries_.end()) ended.push_back(take(at));
}

void SessionCache::tell(const std::vector<SessionPointer>& ended) const {
    if (!session_ended_) return;
    for (const SessionPointer& session : ended) session_ended_(session);
}

void SessionCache::revoke(std::string_view token_id) {
    revoke(std::vector{std::string(token_id)});
}

void SessionCache::revoke(const std::vector<std::string>& token_ids) {
    std::vector<SessionPointer> ended;
    {
        const std::lock_guard lock(mutex_);
        for (const std::string& token_id : token_ids) take_if_held(token_id, ended);
    }
    tell(ended);
}

void SessionCache::remember_ended(std::string_view token_id) {
    revoke(token_id);
    const std::lock_guard lock(mutex_);
    if (config_.authoritative) return;  // what it does not hold has ended
    if (young_ended_.size() == ended_generation_size_max) old_ended_ = std::exchange(young_ended_, {});
    young_ended_.emplace(token_id);
}

void SessionCache::revoke_one_of(const Uuid& user_id, std::string_view token_id) {
    std::vector<SessionPointer> ended;
    {
        const std::lock_guard lock(mutex_);
        const auto at = entries_.find(token_id);
        if (at == entries_.end() || at->second.session->user_id != user_id) return;
        ended.push_back(take(at));
    }
    tell(ended);
}

void SessionCache::revoke_user(const Uuid& user_id, std::string_view kept_token_id) {
    std::vector<SessionPointer> ended;
    {
        const std::lock_guard lock(mutex_);
        const auto user = token_ids_by_user_.find(user_id);
        if (user == token_ids_by_user_.end()) return;
        const std::vector<std::string> token_ids = user->second;  // a copy: take() changes the list
        for (const std::string& token_id : token_ids) {
            if (token_id != kept_token_id) take_if_held(token_id, ended);
        }
    }
    tell(ended);
}

template <class Change>
void SessionCache::change_sessions(const Uuid& user_id, Change change) {
    const std::lock_guard lock(mutex_);
    const auto user = token_ids_by_user_.find(user_id);
    if (user == token_ids_by_user_.end()) return;
    for (const std::string& token_id : user->second) {
        SessionPointer& session = entries_.find(token_id)->second.session;
        LiveSession changed = *session;  // readers may hold the old one
        change(changed);
        session = std::make_shared<const LiveSession>(std::move(changed));
    }
}

void SessionCache::set_account_id(const Uuid& user_id, AccountNumber account_id) {
    change_sessions(user_id, [account_id](LiveSession& session) { session.account_id = account_id; });
}

void SessionCache::set_role(const Uuid& user_id, Role role) {
    change_sessions(user_id, [role](LiveSession& session) { session.role = role; });
}

void SessionCache::expire(std::int64_t now_ms) {
    std::vector<SessionPointer> ended;
    {
        const std::lock_guard lock(mutex_);
        while (!by_expiry_.empty() && now_ms >= by_expiry_.begin()->first) {
            ended.push_back(take(entries_.find(by_expiry_.begin()->second)));
        }
    }
    tell(ended);
}

std::size_t SessionCache::size() const {
    const std::lock_guard lock(mutex_);
    return entries_.size();
}

}  // namespace sauda::identity
