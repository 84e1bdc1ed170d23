#include "feed/private_window.h"

#include <algorithm>

#include "base/assert.h"

namespace sauda::feed {

namespace {
/// Most accounts are quiet: a window starts with room for a few events and doubles.
constexpr std::size_t first_capacity = 4;
}  // namespace

PrivateWindow::PrivateWindow(const WindowLimits& limits) : limits_(limits) {
    ASSERT(limits.events_per_account_max > 0);
    ASSERT(limits.events_max >= limits.events_per_account_max);
}

bool PrivateWindow::push(const codec::EventFrameView& frame) {
    std::vector<PrivateEvent> events;
    const bool is_good = collect_private_events(frame, events);
    for (const PrivateEvent& event : events) push(event);
    return is_good;
}

void PrivateWindow::push(const PrivateEvent& event) {
    Account& account = this->account(event.account);
    if (!account.events.empty()) {
        if (event.sequence <= account.newest) return;
        if (event.sequence.raw != account.newest.raw + 1) {
            event_count_ -= account.newest.raw - account.first.raw + 1;
            account.events.clear();
        }
    }
    store(account, event);
    by_activity_.splice(by_activity_.end(), by_activity_, account.place);
    while (event_count_ > limits_.events_max) forget_quietest();
}

bool PrivateWindow::covers(core::AccountId account, core::AccountSequence after,
                           core::AccountSequence through) const {
    if (after >= through) return true;
    const auto found = accounts_.find(account);
    if (found == accounts_.end()) return false;
    return after.raw + 1 >= found->second.first.raw && through <= found->second.newest;
}

const PrivateEvent& PrivateWindow::event(core::AccountId account, core::AccountSequence sequence) const {
    const auto found = accounts_.find(account);
    ASSERT(found != accounts_.end());
    ASSERT(sequence >= found->second.first);
    ASSERT(sequence <= found->second.newest);
    const std::vector<PrivateEvent>& events = found->second.events;
    return events[sequence.raw % events.size()];
}

PrivateWindow::Account& PrivateWindow::account(core::AccountId id) {
    const auto [at, is_new] = accounts_.try_emplace(id);
    if (is_new) at->second.place = by_activity_.insert(by_activity_.end(), id);
    return at->second;
}

void PrivateWindow::store(Account& account, const PrivateEvent& event) {
    const std::size_t held = account.events.empty() ? 0 : account.newest.raw - account.first.raw + 1;
    if (held == 0) account.first = event.sequence;
    if (held == account.events.size() && held < limits_.events_per_account_max) {
        const std::size_t capacity =
            std::min(std::max(first_capacity, 2 * held), limits_.events_per_account_max);
        std::vector<PrivateEvent> events(capacity);
        for (std::uint64_t at = account.first.raw; held != 0 && at <= account.newest.raw; ++at) {
            events[at % capacity] = account.events[at % held];
        }
        account.events = std::move(events);
    }
    account.newest = event.sequence;
    account.events[event.sequence.raw % account.events.size()] = event;
    if (held == limits_.events_per_account_max) {
        ++account.first.raw;
    } else {
        ++event_count_;
    }
}

void PrivateWindow::forget_quietest() {
    ASSERT(!by_activity_.empty());
    const auto quietest = accounts_.find(by_activity_.front());
    ASSERT(quietest != accounts_.end());
    event_count_ -= quietest->second.newest.raw - quietest->second.first.raw + 1;
    accounts_.erase(quietest);
    by_activity_.pop_front();
}

}  // namespace sauda::feed
