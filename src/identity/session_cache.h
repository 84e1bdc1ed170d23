/// The sessions that are good now, in memory: the answer to "who presents this token" without the disk.
///
/// Authoritative where this process alone changes the store (embedded): a session it does not hold does not
/// exist. Where several processes share the store, an entry is trusted for `trusted_ms` after it was read and
/// then has to be read again, so that a revocation elsewhere takes effect within that time. That a session
/// has ended stays true, so it is remembered once it was read.
///
/// Threads: any; a lock is held for each call. The callback runs on the thread that ended the session,
/// outside the lock. Invariants: every entry is in its user's list and in no other, and in the order of
/// expiry; at most `sessions_max` entries.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "identity/user.h"

namespace sauda::identity {

class SessionCache {
public:
    using SessionPointer = std::shared_ptr<const LiveSession>;
    /// Told of every session that ended or expired, once, so that its open WebSockets can be closed.
    using SessionEnded = std::function<void(const SessionPointer& session)>;

    struct Config {
        bool authoritative = true;
        std::int64_t trusted_ms = 1000;        // without authority: how old an answer may be
        std::size_t sessions_max = 1'000'000;  // without authority: entries beyond it displace others
    };

    struct Answer {
        enum class Kind : std::uint8_t {
            live,     ///< `session` is good
            ended,    ///< there is no such session
            unknown,  ///< without authority: ask the store, then admit() what it says
        };
        Kind kind;
        SessionPointer session;
        std::int64_t read_ms = 0;  ///< when the store told of a live one
    };

    explicit SessionCache(Config config) : config_(config) {}

    /// Requires: called before any other thread uses the cache.
    void on_session_ended(SessionEnded callback) { session_ended_ = std::move(callback); }

    /// Holds `session`, which the store told at `read_ms`, and returns it as held. An entry of the same token
    /// id is replaced.
    SessionPointer admit(LiveSession session, std::int64_t read_ms);

    Answer find(std::string_view token_id, std::int64_t now_ms) const;

    /// Ends sessions at once: no find() that begins after the return says `live`.
    void revoke(std::string_view token_id);
    void revoke(const std::vector<std::string>& token_ids);
    /// Ends the session, of which the store says that it is none: find() says `ended` from now on. Of the
    /// many that end, the newest are remembered.
    void remember_ended(std::string_view token_id);
    /// Ends the session only if it is one of `user_id`'s.
    void revoke_one_of(const Uuid& user_id, std::string_view token_id);
    /// Ends every session of `user_id`, but `kept_token_id`'s.
    void revoke_user(const Uuid& user_id, std::string_view kept_token_id = {});

    /// Without authority: the store has to be read again before this session is good. False when none is
    /// held.
    bool distrust(std::string_view token_id);

    /// Whether an entry is held that has not expired, trusted or not.
    bool holds(std::string_view token_id, std::int64_t now_ms) const;
    /// Without authority: trusts an entry for another while, though it was not read again, because the store
    /// cannot be asked. False when none is held that is good but for that.
    bool trust_again(std::string_view token_id, std::int64_t now_ms);

    /// Gives the sessions of `user_id` the account that the engine opened.
    void set_account_id(const Uuid& user_id, AccountNumber account_id);
    /// Gives the sessions of `user_id` another role: whoever finds one after the return finds it with that.
    void set_role(const Uuid& user_id, Role role);

    /// Ends what expired at or before `now_ms`. Cost: what has expired.
    void expire(std::int64_t now_ms);

    std::size_t size() const;

private:
    struct Entry {
        SessionPointer session;
        std::int64_t read_ms;
    };
    bool is_trusted(const Entry& entry, std::int64_t now_ms) const;

    using Entries = std::unordered_map<std::string, Entry, TextHash, std::equal_to<>>;
    using TokenIds = std::unordered_set<std::string, TextHash, std::equal_to<>>;
    static constexpr std::size_t ended_generation_size_max = 65'536;

    /// Takes an entry out of every index. Requires: the lock is held.
    SessionPointer take(Entries::iterator at);
    /// Replaces each session of `user_id` by a copy that `change` was applied to. Takes the lock.
    template <class Change>
    void change_sessions(const Uuid& user_id, Change change);
    void take_if_held(std::string_view token_id, std::vector<SessionPointer>& ended);
    void tell(const std::vector<SessionPointer>& ended) const;

    const Config config_;
    SessionEnded session_ended_;
    mutable std::mutex mutex_;
    Entries entries_;
    std::unordered_map<Uuid, std::vector<std::string>, UuidHash> token_ids_by_user_;
    std::set<std::pair<std::int64_t, std::string>> by_expiry_;  ///< expires_ms and token id of every entry
    // Ended sessions, without authority: when the young generation is full it becomes the old one.
    TokenIds young_ended_;
    TokenIds old_ended_;
};

}  // namespace sauda::identity
