#include "feed/account_feed.h"

#include <algorithm>

#include "base/assert.h"
#include "feed/messages.h"

namespace sauda::feed {

AccountFeed::AccountFeed(const views::Catalog& catalog, const views::AccountsView& accounts, Outbox& outbox,
                         const Limits& limits, Counters& counters, std::string_view shard)
    : catalog_(catalog),
      accounts_(accounts),
      outbox_(outbox),
      limits_(limits),
      counters_(counters),
      shard_member_(shard.empty() ? "" : "\"shard\":\"" + std::string(shard) + "\","),
      window_(limits.window) {}

void AccountFeed::append_event(std::string& text, const PrivateEvent& event) const {
    append_named(text, [&](std::string& out) { append_private_event(out, catalog_, event); });
}

void AccountFeed::take(const PrivateEvent& event) {
    window_.push(event);
    const auto found = connected_.find(event.account);
    if (found == connected_.end()) return;
    Connected& connected = found->second;
    if (connected.ends.empty()) {
        connected.first = event.sequence;
        pending_.push_back(event.account);
    }
    ASSERT(event.sequence.raw == connected.first.raw + connected.ends.size());
    outbox_.frame(connected.pending, [&](std::string& text) { append_event(text, event); });
    connected.ends.push_back(connected.pending.size());
}

void AccountFeed::flush() {
    for (const core::AccountId account : pending_) {
        const auto found = connected_.find(account);
        if (found != connected_.end()) flush(found->second);
    }
    pending_.clear();
}

void AccountFeed::flush(Connected& connected) {
    if (connected.ends.empty()) return;
    const Buffer frames = std::make_shared<const std::string>(connected.pending);
    for (Session* const session : connected.sessions) {
        if (session->known_through < connected.first) {
            outbox_.send(*session, frames);
        } else {
            send_unknown_part(*session, connected);
        }
    }
    connected.pending.clear();
    connected.ends.clear();
}

/// Some of this is older than the connection, or came to the client from a server that was ahead: it gets the
/// rest.
void AccountFeed::send_unknown_part(Session& session, const Connected& connected) {
    const std::uint64_t known = session.known_through.raw - connected.first.raw + 1;
    if (known >= connected.ends.size()) return;
    outbox_.send(session,
                 std::make_shared<const std::string>(connected.pending.substr(connected.ends[known - 1])));
}

void AccountFeed::attach(Session& session, core::AccountId account, std::string_view request_id) {
    const core::AccountSequence now = accounts_.account_sequence(account);
    if (!session.account) {
        // What is pending is older than this connection: known_through keeps it out, Resume brings it.
        connected_[account].sessions.push_back(&session);
        session.account = account;
        session.told_from = session.known_through = now;
        ++counters_.private_sessions;
    }
    outbox_.send(session, outbox_.message([&](std::string& text) {
        append_named(text, [&](std::string& out) {
            append_attached(out, catalog_.find_user(account).value_or(core::Uuid{}), now, request_id);
        });
    }));
}

void AccountFeed::resume(Session& session, core::AccountSequence after, std::string_view request_id) {
    const auto found = connected_.find(session.account);
    ASSERT(found != connected_.end());
    // What is pending comes first: the answer tells of the account with it.
    flush(found->second);
    if (after >= session.told_from) {
        session.known_through = std::max(session.known_through, after);
        replay(session, session.told_from, request_id);
    } else if (window_.covers(session.account, after, session.told_from)) {
        replay(session, after, request_id);
    } else {
        tell_too_old(session, request_id);
    }
    session.told_from = std::min(session.told_from, after);
}

/// The acknowledgement and the events in (after, told_from], in one buffer.
void AccountFeed::replay(Session& session, core::AccountSequence after, std::string_view request_id) {
    ++counters_.resumes;
    std::string frames;
    outbox_.frame(frames, [&](std::string& text) {
        append_named(text, [&](std::string& out) {
            append_resumed(out, accounts_.account_sequence(session.account),
                           session.told_from.raw - after.raw, request_id);
        });
    });
    window_.for_each(session.account, after, session.told_from, [&](const PrivateEvent& event) {
        outbox_.frame(frames, [&](std::string& text) { append_event(text, event); });
    });
    outbox_.send(session, std::make_shared<const std::string>(std::move(frames)));
}

void AccountFeed::tell_too_old(Session& session, std::string_view request_id) {
    ++counters_.resumes_too_old;
    outbox_.send(session, outbox_.message([&](std::string& text) {
        append_named(text, [&](std::string& out) {
            append_resume_too_old(out, catalog_, accounts_, session.account, limits_.resume_open_orders_max,
                                  request_id);
        });
    }));
}

void AccountFeed::detach(Session& session) {
    const auto found = connected_.find(session.account);
    ASSERT(found != connected_.end());
    std::vector<Session*>& sessions = found->second.sessions;
    sessions.erase(std::remove(sessions.begin(), sessions.end(), &session), sessions.end());
    if (sessions.empty()) connected_.erase(found);
    session.account = {};
    --counters_.private_sessions;
}

}  // namespace sauda::feed
