/// Private events of every account to its owner's connections. Internal to feed.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/types/ids.h"
#include "feed/counters.h"
#include "feed/limits.h"
#include "feed/outbox.h"
#include "feed/private_event.h"
#include "feed/private_window.h"
#include "feed/session.h"
#include "views/accounts.h"
#include "views/catalog.h"

namespace sauda::feed {

/// Threads: the Hub's.
/// Invariants: only accounts with connections are in connected_; what is pending of one account are its
/// newest events, without gap.
class AccountFeed {
public:
    /// All outlive it. `shard`: as Hub's.
    AccountFeed(const views::Catalog& catalog, const views::AccountsView& accounts, Outbox& outbox,
                const Limits& limits, Counters& counters, std::string_view shard);

    /// What Resume is answered from: `past`, and what is taken from now on.
    void remember(PrivateWindow past) { window_ = std::move(past); }
    /// Remembers `event` and, when its account has connections, encodes it for the next flush().
    void take(const PrivateEvent& event);
    void flush();

    /// As Hub::attach and Hub::resume. Requires of resume: session.account is set.
    void attach(Session& session, core::AccountId account, std::string_view request_id);
    void resume(Session& session, core::AccountSequence after, std::string_view request_id);
    /// Requires: session.account is set.
    void detach(Session& session);

    const PrivateWindow& window() const { return window_; }

private:
    struct Connected {
        std::vector<Session*> sessions;
        std::string pending;            // framed
        std::vector<std::size_t> ends;  // of each pending event's frame, in `pending`
        core::AccountSequence first;    // of what is pending
    };
    struct Hash {
        std::size_t operator()(core::AccountId id) const { return std::hash<std::uint32_t>{}(id.raw); }
    };

    /// `append(text)`, which appends one message, with the shard as its first member.
    template <class Append>
    void append_named(std::string& text, Append append) const {
        const std::size_t begin = text.size();
        append(text);
        if (!shard_member_.empty()) text.insert(begin + 1, shard_member_);
    }
    void append_event(std::string& text, const PrivateEvent& event) const;
    void flush(Connected& connected);
    void send_unknown_part(Session& session, const Connected& connected);
    void replay(Session& session, core::AccountSequence after, std::string_view request_id);
    void tell_too_old(Session& session, std::string_view request_id);

    const views::Catalog& catalog_;
    const views::AccountsView& accounts_;
    Outbox& outbox_;
    const Limits& limits_;
    Counters& counters_;
    const std::string shard_member_;  ///< `"shard":"crypto",`
    PrivateWindow window_;
    std::unordered_map<core::AccountId, Connected, Hash> connected_;
    std::vector<core::AccountId> pending_;  // accounts to flush; some may have nothing any more
};

}  // namespace sauda::feed
