/// What identity keeps in memory: live sessions, tickets, failed logins.
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "identity/login_throttle.h"
#include "identity/session_cache.h"
#include "identity/tickets.h"

namespace sauda::identity {
namespace {

using Kind = SessionCache::Answer::Kind;

constexpr std::int64_t now_ms = 1'700'000'000'000;

LiveSession make_session(const Uuid& user_id, const std::string& token_id,
                         std::int64_t expires_ms = now_ms + 1000) {
    return LiveSession{.token_id = token_id,
                       .user_id = user_id,
                       .account_id = std::nullopt,
                       .email = "alice@example.org",
                       .role = Role::trader,
                       .expires_ms = expires_ms};
}

class SessionCacheTest : public testing::Test {
protected:
    SessionCacheTest() {
        cache_.on_session_ended([this](const SessionCache::SessionPointer& session) {
            // Outside the lock: the callback may ask the cache.
            EXPECT_EQ(cache_.find(session->token_id, now_ms).kind, Kind::ended);
            ended_.insert(session->token_id);
        });
        cache_.admit(make_session(alice_, "a1"), now_ms);
        cache_.admit(make_session(alice_, "a2"), now_ms);
        cache_.admit(make_session(bob_, "b1", now_ms + 500), now_ms);
    }
    bool is_live(const std::string& token_id, std::int64_t at_ms = now_ms) {
        return cache_.find(token_id, at_ms).kind == Kind::live;
    }

    SessionCache cache_{SessionCache::Config{}};
    std::multiset<std::string> ended_;
    const Uuid alice_ = random_uuid();
    const Uuid bob_ = random_uuid();
};

using Ids = std::multiset<std::string>;

TEST_F(SessionCacheTest, FindsWhatWasAdmittedUntilItExpires) {
    const auto answer = cache_.find("b1", now_ms + 499);
    ASSERT_EQ(answer.kind, Kind::live);
    EXPECT_EQ(answer.session->user_id, bob_);
    EXPECT_EQ(cache_.find("b1", now_ms + 500).kind, Kind::ended);
    EXPECT_EQ(cache_.find("unheard of", now_ms).kind, Kind::ended);
}

TEST_F(SessionCacheTest, RevokingIsImmediateAndToldOnce) {
    cache_.revoke("a1");
    cache_.revoke("a1");
    EXPECT_FALSE(is_live("a1"));
    EXPECT_TRUE(is_live("a2"));
    EXPECT_EQ(ended_, Ids{"a1"});
    cache_.revoke(std::vector<std::string>{"a2", "unheard of", "b1"});
    EXPECT_EQ(ended_, (Ids{"a1", "a2", "b1"}));
    EXPECT_EQ(cache_.size(), 0u);
}

TEST_F(SessionCacheTest, AUserEndsOnlyTheirOwnSessions) {
    cache_.revoke_one_of(bob_, "a1");
    EXPECT_TRUE(is_live("a1"));
    cache_.revoke_one_of(alice_, "a1");
    EXPECT_FALSE(is_live("a1"));
    cache_.admit(make_session(alice_, "a3"), now_ms);
    cache_.revoke_user(alice_, "a3");
    EXPECT_FALSE(is_live("a2"));
    EXPECT_TRUE(is_live("a3"));
    EXPECT_TRUE(is_live("b1"));
    cache_.revoke_user(alice_);
    cache_.revoke_user(random_uuid());
    EXPECT_EQ(ended_, (Ids{"a1", "a2", "a3"}));
}

TEST_F(SessionCacheTest, ExpiryIsToldInOrderAndOnce) {
    cache_.expire(now_ms + 499);
    EXPECT_TRUE(ended_.empty());
    cache_.expire(now_ms + 500);
    EXPECT_EQ(ended_, Ids{"b1"});
    cache_.expire(now_ms + 5000);
    cache_.expire(now_ms + 5000);
    EXPECT_EQ(ended_, (Ids{"a1", "a2", "b1"}));
    EXPECT_EQ(cache_.size(), 0u);
}

TEST_F(SessionCacheTest, AnAccountReachesEverySessionOfItsUser) {
    const auto before = cache_.find("a1", now_ms).session;
    cache_.set_account_id(alice_, 16);
    EXPECT_EQ(before->account_id, std::nullopt);  // readers keep what they were given
    EXPECT_EQ(cache_.find("a1", now_ms).session->account_id, 16u);
    EXPECT_EQ(cache_.find("a2", now_ms).session->account_id, 16u);
    EXPECT_EQ(cache_.find("b1", now_ms).session->account_id, std::nullopt);
}

TEST_F(SessionCacheTest, ARoleReachesEverySessionOfItsUser) {
    cache_.set_role(alice_, Role::exchange_operator);
    EXPECT_EQ(cache_.find("a1", now_ms).session->role, Role::exchange_operator);
    EXPECT_EQ(cache_.find("a2", now_ms).session->role, Role::exchange_operator);
    EXPECT_EQ(cache_.find("b1", now_ms).session->role, Role::trader);
    cache_.set_role(alice_, Role::trader);
    EXPECT_EQ(cache_.find("a1", now_ms).session->role, Role::trader);
    EXPECT_TRUE(ended_.empty());
}

TEST_F(SessionCacheTest, ReadmittingReplacesWithoutEnding) {
    cache_.admit(make_session(alice_, "a1", now_ms + 9000), now_ms);
    EXPECT_EQ(cache_.size(), 3u);
    EXPECT_TRUE(ended_.empty());
    EXPECT_TRUE(is_live("a1", now_ms + 8999));
    cache_.expire(now_ms + 1000);  // the old expiry no longer counts
    EXPECT_TRUE(is_live("a1", now_ms + 8999));
}

TEST(SharedSessionCache, TrustsAnAnswerOnlyForAWhile) {
    SessionCache cache({.authoritative = false, .trusted_ms = 100, .sessions_max = 2});
    EXPECT_EQ(cache.find("a", now_ms).kind, Kind::unknown);
    cache.admit(make_session(random_uuid(), "a"), now_ms);
    EXPECT_EQ(cache.find("a", now_ms + 99).kind, Kind::live);
    EXPECT_EQ(cache.find("a", now_ms + 100).kind, Kind::unknown);
    EXPECT_EQ(cache.find("a", now_ms - 1).kind, Kind::unknown);  // a clock that was set back
    cache.admit(make_session(random_uuid(), "a"), now_ms + 100);
    EXPECT_EQ(cache.find("a", now_ms + 199).kind, Kind::live);
    cache.revoke("a");
    EXPECT_EQ(cache.find("a", now_ms + 199).kind, Kind::unknown);
}

TEST(SharedSessionCache, TrustsLongerWhatItHoldsAndNothingElse) {
    SessionCache cache({.authoritative = false, .trusted_ms = 100, .sessions_max = 2});
    LiveSession session = make_session(random_uuid(), "a");
    session.expires_ms = now_ms + 1'000;
    cache.admit(session, now_ms);
    EXPECT_EQ(cache.find("a", now_ms + 500).kind, Kind::unknown);
    EXPECT_TRUE(cache.holds("a", now_ms + 500));
    EXPECT_FALSE(cache.holds("a", now_ms + 1'000));
    EXPECT_TRUE(cache.trust_again("a", now_ms + 500));
    EXPECT_EQ(cache.find("a", now_ms + 599).kind, Kind::live);
    EXPECT_EQ(cache.find("a", now_ms + 600).kind, Kind::unknown);
    EXPECT_FALSE(cache.trust_again("a", now_ms + 1'000)) << "it has expired";
    EXPECT_FALSE(cache.trust_again("b", now_ms));
    cache.revoke("a");
    EXPECT_FALSE(cache.trust_again("a", now_ms + 500));
}

TEST(SharedSessionCache, DistrustsWhatMayHaveEndedUntilItIsReadAgain) {
    SessionCache cache({.authoritative = false, .trusted_ms = 100, .sessions_max = 2});
    const Uuid user = random_uuid();
    cache.admit(make_session(user, "a"), now_ms);
    EXPECT_FALSE(cache.distrust("b"));
    ASSERT_TRUE(cache.distrust("a"));
    EXPECT_EQ(cache.find("a", now_ms).kind, Kind::unknown);
    EXPECT_TRUE(cache.holds("a", now_ms)) << "its WebSockets stay until the store has said so";
    cache.admit(make_session(user, "a"), now_ms);
    EXPECT_EQ(cache.find("a", now_ms).kind, Kind::live);
}

TEST(SharedSessionCache, RemembersWhatTheStoreSaysHasEnded) {
    SessionCache cache({.authoritative = false, .trusted_ms = 100, .sessions_max = 2});
    cache.admit(make_session(random_uuid(), "a"), now_ms);
    cache.remember_ended("a");
    cache.remember_ended("never was");
    EXPECT_EQ(cache.find("a", now_ms).kind, Kind::ended);
    EXPECT_EQ(cache.find("never was", now_ms + 1000).kind, Kind::ended);
    EXPECT_EQ(cache.find("other", now_ms).kind, Kind::unknown);
}

TEST(SharedSessionCache, StaysBounded) {
    SessionCache cache({.authoritative = false, .trusted_ms = 100, .sessions_max = 2});
    for (int i = 0; i < 10; ++i) {
        cache.admit(make_session(random_uuid(), std::to_string(i)), now_ms);
        EXPECT_LE(cache.size(), 2u);
        EXPECT_EQ(cache.find(std::to_string(i), now_ms).kind, Kind::live);
    }
}

class TicketsTest : public testing::Test {
protected:
    Tickets tickets_{{.lifetime_ms = 30'000, .tickets_per_user_max = 2, .tickets_max = 5}};
    const Uuid alice_ = random_uuid();

    std::string issue(const Uuid& user_id, std::int64_t at_ms = now_ms) {
        const auto ticket = tickets_.issue({user_id, "session"}, at_ms);
        EXPECT_TRUE(ticket);
        return ticket.value_or("");
    }
};

TEST_F(TicketsTest, WorkOnceForTheirSession) {
    const std::string ticket = issue(alice_);
    EXPECT_EQ(ticket.size(), 64u);
    const auto grant = *tickets_.redeem(ticket, now_ms + 29'999);
    ASSERT_TRUE(grant);
    EXPECT_EQ(grant->user_id, alice_);
    EXPECT_EQ(grant->token_id, "session");
    EXPECT_FALSE(*tickets_.redeem(ticket, now_ms + 29'999));
    EXPECT_FALSE(*tickets_.redeem("", now_ms));
    EXPECT_FALSE(*tickets_.redeem(random_token(32), now_ms));
}

TEST_F(TicketsTest, ExpireAfterThirtySeconds) {
    const std::string ticket = issue(alice_);
    EXPECT_FALSE(*tickets_.redeem(ticket, now_ms + 30'000));
    EXPECT_EQ(tickets_.size(), 0u);
    EXPECT_FALSE(*tickets_.redeem(ticket, now_ms));  // also if the clock steps back
}

TEST_F(TicketsTest, ExpireInTheirOwnTimeWhenTheClockStepsBack) {
    const std::string early = issue(alice_, now_ms + 100'000);
    const std::string late = issue(alice_, now_ms);  // expires first, queued last
    EXPECT_FALSE(*tickets_.redeem(late, now_ms + 30'000));
    EXPECT_TRUE(*tickets_.redeem(early, now_ms + 30'000));
}

TEST_F(TicketsTest, AreFewPerUserAndComeBackWhenUsedOrExpired) {
    const std::string first = issue(alice_);
    issue(alice_);
    const auto third = tickets_.issue({alice_, "session"}, now_ms);
    ASSERT_FALSE(third);
    EXPECT_EQ(third.error(), TicketRefusal::too_many_for_user);
    issue(random_uuid());  // nobody else is hindered
    ASSERT_TRUE(*tickets_.redeem(first, now_ms));
    issue(alice_);
    EXPECT_FALSE(tickets_.issue({alice_, "session"}, now_ms));
    issue(alice_, now_ms + 30'000);
}

TEST_F(TicketsTest, AreBoundedOverall) {
    for (int i = 0; i < 5; ++i) issue(random_uuid());
    const auto one_more = tickets_.issue({random_uuid(), "session"}, now_ms);
    ASSERT_FALSE(one_more);
    EXPECT_EQ(one_more.error(), TicketRefusal::too_many_overall);
    issue(random_uuid(), now_ms + 30'000);
    EXPECT_EQ(tickets_.size(), 1u);
}

constexpr LoginThrottle::Config throttle_config{
    .free_failures = 3, .first_wait_ms = 1000, .wait_max_ms = 4000, .forget_after_ms = 60'000, .keys_max = 4};

TEST(LoginThrottle, WaitsLongerAfterEachFailureUpToAMaximum) {
    LoginThrottle throttle(throttle_config);
    std::int64_t at_ms = now_ms;
    for (int i = 0; i < 3; ++i) EXPECT_EQ(throttle.begin_attempt("alice", at_ms), 0);
    for (const std::int64_t wait_ms : {1000, 2000, 4000, 4000, 4000}) {
        EXPECT_EQ(throttle.begin_attempt("alice", at_ms), wait_ms);
        EXPECT_EQ(throttle.begin_attempt("alice", at_ms + wait_ms - 1), 1);  // asking early costs nothing
        at_ms += wait_ms;
        EXPECT_EQ(throttle.begin_attempt("alice", at_ms), 0);
    }
    EXPECT_EQ(throttle.begin_attempt("bob", at_ms), 0);
}

TEST(LoginThrottle, ForgetsAfterSuccessAndAfterAWhile) {
    LoginThrottle throttle(throttle_config);
    for (int i = 0; i < 3; ++i) EXPECT_EQ(throttle.begin_attempt("alice", now_ms), 0);
    throttle.succeeded("alice");
    for (int i = 0; i < 3; ++i) EXPECT_EQ(throttle.begin_attempt("alice", now_ms), 0);
    EXPECT_GT(throttle.begin_attempt("alice", now_ms), 0);
    for (int i = 0; i < 3; ++i) EXPECT_EQ(throttle.begin_attempt("alice", now_ms + 60'000), 0);
    EXPECT_GT(throttle.begin_attempt("alice", now_ms + 60'000), 0);
    throttle.succeeded("unheard of");
}

TEST(LoginThrottle, RemembersABoundedNumberOfKeys) {
    LoginThrottle throttle(throttle_config);
    for (int i = 0; i < 3; ++i) EXPECT_EQ(throttle.begin_attempt("alice", now_ms), 0);
    for (int i = 0; i < 100; ++i) {
        EXPECT_EQ(throttle.begin_attempt("key " + std::to_string(i), now_ms), 0);
        EXPECT_GT(throttle.begin_attempt("alice", now_ms), 0) << "touched lately, so kept";
        EXPECT_LE(throttle.size(), 4u);
    }
}

TEST(LoginThrottle, AClockThatStepsBackCannotLockForLong) {
    LoginThrottle throttle(throttle_config);
    for (int i = 0; i < 3; ++i) EXPECT_EQ(throttle.begin_attempt("alice", now_ms), 0);
    EXPECT_LE(throttle.begin_attempt("alice", now_ms - 1'000'000), 4000);
}

}  // namespace
}  // namespace sauda::identity
