/// The newest private events of each account, bounded: what Resume is answered from.
#pragma once

#include <cstddef>
#include <list>
#include <unordered_map>
#include <vector>

#include "codec/event_frame.h"
#include "core/types/ids.h"
#include "feed/limits.h"
#include "feed/private_event.h"

namespace sauda::feed {

/// Threads: one owner at a time.
/// Invariants: the sequences of one account's events rise by one; no account is remembered without events;
/// event_count() <= events_max.
class PrivateWindow {
public:
    explicit PrivateWindow(const WindowLimits& limits);

    /// Remembers the private events of a frame. False where the bytes are not events of this version.
    bool push(const codec::EventFrameView& frame);
    /// Remembers `event`. One at or below the account's newest changes nothing; one beyond the next empties
    /// the account's window first, which never has holes. O(1) amortised.
    void push(const PrivateEvent& event);

    /// True when every event in (after, through] is remembered. An empty range always is.
    bool covers(core::AccountId account, core::AccountSequence after, core::AccountSequence through) const;

    /// Calls `visitor(const PrivateEvent&)` for each in (after, through], in order. Requires: covers() them.
    template <class Visitor>
    void for_each(core::AccountId account, core::AccountSequence after, core::AccountSequence through,
                  Visitor&& visitor) const {
        for (std::uint64_t at = after.raw + 1; at <= through.raw; ++at) visitor(event(account, {at}));
    }

    std::size_t event_count() const { return event_count_; }
    std::size_t account_count() const { return accounts_.size(); }

private:
    struct Account {
        std::vector<PrivateEvent> events;  // a ring once full: sequence s stands at s mod capacity
        core::AccountSequence first;
        core::AccountSequence newest;
        std::list<core::AccountId>::iterator place;  // in by_activity_
    };
    struct Hash {
        std::size_t operator()(core::AccountId id) const { return std::hash<std::uint32_t>{}(id.raw); }
    };

    const PrivateEvent& event(core::AccountId account, core::AccountSequence sequence) const;
    Account& account(core::AccountId id);
    void store(Account& account, const PrivateEvent& event);
    void forget_quietest();

    WindowLimits limits_;
    std::unordered_map<core::AccountId, Account, Hash> accounts_;
    std::list<core::AccountId> by_activity_;  // quietest first
    std::size_t event_count_ = 0;
};

}  // namespace sauda::feed
