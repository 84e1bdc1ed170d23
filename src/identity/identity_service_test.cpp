#include "identity/identity_service.h"

#include <atomic>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "identity/database.h"
#include "sql/testing/test_database.h"

namespace sauda::identity {
namespace {

constexpr std::int64_t start_ms = 1'700'000'000'123;
constexpr std::int64_t day_ms = 24 * 3'600'000;

class IdentityServiceTest : public testing::TestWithParam<sql::Dialect> {
protected:
    IdentityServiceTest() {
        config_.database = place_.name();
        config_.password_cost = {.memory_kib = 64, .passes = 1, .lanes = 1};
        config_.sessions_per_user_max = 3;
        service_ = open();
    }
    std::unique_ptr<IdentityService> open(std::int64_t at_ms = start_ms) {
        auto service = IdentityService::open(config_, secret_, at_ms);
        EXPECT_TRUE(service) << service.error().message();
        (*service)->on_session_ended([this](const auto& session) { ended_.insert(session->token_id); });
        return std::move(*service);
    }
    User add(const std::string& email, const std::string& password = "secure123") {
        auto user = service_->register_user(email, password, start_ms);
        EXPECT_TRUE(user) << user.error().sentence;
        return *user;
    }
    auto try_login(const std::string& email, const std::string& password = "secure123",
                   std::int64_t at_ms = start_ms) {
        return service_->login({email, password, "192.0.2.1", "test agent"}, at_ms);
    }
    Login login(const std::string& email, const std::string& password = "secure123",
                std::int64_t at_ms = start_ms) {
        auto login = try_login(email, password, at_ms);
        EXPECT_TRUE(login) << login.error().sentence;
        return *login;
    }
    Refusal why(const std::string& token, std::int64_t at_ms = start_ms) {
        const auto session = service_->authenticate(token, at_ms);
        EXPECT_FALSE(session);
        return session ? Refusal{255} : session.error().refusal;
    }

    sql::testing::TestDatabase place_{GetParam()};
    IdentityConfig config_;
    Secret secret_{random_bytes(32)};
    std::set<std::string> ended_;
    std::unique_ptr<IdentityService> service_;
};

INSTANTIATE_TEST_SUITE_P(Both, IdentityServiceTest, testing::ValuesIn(sql::testing::dialects),
                         [](const auto& test) { return sql::testing::name_of(test.param); });

TEST_P(IdentityServiceTest, ARegisteredUserLogsInAndIsRecognised) {
    const User user = add("Alice@Example.org");
    EXPECT_EQ(user.email, "alice@example.org");
    EXPECT_EQ(user.role, Role::trader);
    const Login session = login("ALICE@example.ORG");
    const auto who = service_->authenticate(session.token, start_ms + 1000);
    ASSERT_TRUE(who);
    EXPECT_EQ((*who)->user_id, user.user_id);
    EXPECT_EQ((*who)->email, "alice@example.org");
    EXPECT_EQ((*who)->account_id, std::nullopt);
    EXPECT_EQ((*who)->token_id, session.session->token_id);
}

TEST_P(IdentityServiceTest, RefusesDuplicatesWeakPasswordsAndBadEmails) {
    add("alice@example.org");
    const auto refusal = [&](const char* email, const char* password) {
        const auto user = service_->register_user(email, password, start_ms);
        EXPECT_FALSE(user);
        return user ? Refusal{255} : user.error().refusal;
    };
    EXPECT_EQ(refusal("ALICE@EXAMPLE.ORG", "secure123"), Refusal::email_taken);
    EXPECT_EQ(refusal("bob@example.org", "short"), Refusal::weak_password);
    EXPECT_EQ(refusal("bob@example.org", "Password123"), Refusal::weak_password);
    EXPECT_EQ(refusal("not an email", "secure123"), Refusal::invalid_email);
    add("bob@example.org");
}

TEST_P(IdentityServiceTest, WrongPasswordAndUnknownEmailAreTheSameRefusal) {
    add("alice@example.org");
    ASSERT_TRUE(service_->create_user({"nologin@example.org", std::nullopt}, start_ms));
    for (const char* email :
         {"alice@example.org", "nobody@example.org", "nologin@example.org", "not an email"}) {
        const auto outcome = try_login(email, "wrong password");
        ASSERT_FALSE(outcome);
        EXPECT_EQ(outcome.error().refusal, Refusal::bad_credentials) << email;
        EXPECT_EQ(outcome.error().sentence, make_failure(Refusal::bad_credentials).sentence);
        EXPECT_TRUE(outcome.error().detail.empty());
    }
}

TEST_P(IdentityServiceTest, WrongPasswordAndUnknownEmailAreTheSameWork) {
    add("alice@example.org");
    ASSERT_TRUE(service_->create_user({"nologin@example.org", std::nullopt}, start_ms));
    for (const char* email : {"alice@example.org", "nobody@example.org", "nologin@example.org"}) {
        const std::uint64_t before = service_->password_run_count();
        EXPECT_FALSE(try_login(email, "wrong password"));
        EXPECT_EQ(service_->password_run_count(), before + 1) << email;
    }
}

TEST_P(IdentityServiceTest, ASlowedGuessCostsNoHash) {
    add("alice@example.org");
    for (int i = 0; i < 5; ++i) EXPECT_FALSE(try_login("alice@example.org", "wrong password"));
    const std::uint64_t before = service_->password_run_count();
    EXPECT_EQ(try_login("alice@example.org").error().refusal, Refusal::too_many_attempts);
    EXPECT_EQ(service_->password_run_count(), before);
}

TEST_P(IdentityServiceTest, ATokenLastsADay) {
    add("alice@example.org");
    const Login session = login("alice@example.org");
    EXPECT_TRUE(service_->authenticate(session.token, start_ms + day_ms - 1000));
    EXPECT_EQ(why(session.token, start_ms + day_ms), Refusal::bad_token);
    EXPECT_TRUE(ended_.empty());
    ASSERT_TRUE(service_->sweep(start_ms + day_ms));
    EXPECT_EQ(ended_, std::set{session.session->token_id});
    EXPECT_EQ(why(session.token, start_ms), Refusal::session_ended);
}

TEST_P(IdentityServiceTest, RefusesGarbageAndTokensOfAnotherSecret) {
    const User user = add("alice@example.org");
    const Login session = login("alice@example.org");
    const Secret other(random_bytes(32));
    TokenSigner forger(other.bytes());
    const Claims claims{user.email, user.user_id, session.session->token_id, start_ms / 1000,
                        start_ms / 1000 + 100};
    EXPECT_EQ(why(forger.sign(claims)), Refusal::bad_token);
    EXPECT_EQ(why(""), Refusal::bad_token);
    EXPECT_EQ(why(session.token + "x"), Refusal::bad_token);
    TokenSigner ours(secret_.bytes());
    Claims unheard_of = claims;
    unheard_of.token_id = "never begun";
    EXPECT_EQ(why(ours.sign(unheard_of)), Refusal::session_ended);
}

TEST_P(IdentityServiceTest, LogoutEndsTheSessionAtOnceAndForGood) {
    add("alice@example.org");
    const Login one = login("alice@example.org");
    const Login two = login("alice@example.org");
    ASSERT_TRUE(service_->logout(*one.session, start_ms));
    EXPECT_EQ(why(one.token), Refusal::session_ended);
    EXPECT_TRUE(service_->authenticate(two.token, start_ms));
    EXPECT_EQ(ended_, std::set{one.session->token_id});
    EXPECT_TRUE(service_->logout(*one.session, start_ms));  // again: nothing to do
    service_ = open();
    EXPECT_EQ(why(one.token), Refusal::session_ended);
    EXPECT_TRUE(service_->authenticate(two.token, start_ms));
}

TEST_P(IdentityServiceTest, AUserSeesAndEndsTheirOwnSessionsOnly) {
    const User alice = add("alice@example.org");
    const User bob = add("bob@example.org");
    const Login session = login("alice@example.org");
    EXPECT_FALSE(*service_->end_session(bob.user_id, session.session->token_id, start_ms));
    EXPECT_TRUE(service_->authenticate(session.token, start_ms));
    const auto sessions = service_->list_sessions(alice.user_id, start_ms);
    ASSERT_TRUE(sessions);
    ASSERT_EQ(sessions->size(), 1u);
    EXPECT_EQ(sessions->front().peer, "192.0.2.1");
    EXPECT_EQ(sessions->front().user_agent, "test agent");
    EXPECT_TRUE(*service_->end_session(alice.user_id, session.session->token_id, start_ms));
    EXPECT_EQ(why(session.token), Refusal::session_ended);
}

TEST_P(IdentityServiceTest, AFurtherLoginEndsTheOldestSession) {
    add("alice@example.org");
    std::vector<Login> logins;
    for (int i = 0; i < 4; ++i) logins.push_back(login("alice@example.org", "secure123", start_ms + i));
    EXPECT_EQ(why(logins[0].token), Refusal::session_ended);
    for (int i = 1; i < 4; ++i)
        EXPECT_TRUE(service_->authenticate(logins[static_cast<std::size_t>(i)].token, start_ms));
    EXPECT_EQ(ended_, std::set{logins[0].session->token_id});
}

TEST_P(IdentityServiceTest, ANewPasswordReplacesTheOldAndEndsOtherSessions) {
    add("alice@example.org");
    const Login here = login("alice@example.org");
    const Login elsewhere = login("alice@example.org");
    const auto wrong = service_->change_password(*here.session, "wrong password", "better secret", start_ms);
    ASSERT_FALSE(wrong);
    EXPECT_EQ(wrong.error().refusal, Refusal::bad_credentials);
    const auto weak = service_->change_password(*here.session, "secure123", "password", start_ms);
    ASSERT_FALSE(weak);
    EXPECT_EQ(weak.error().refusal, Refusal::weak_password);
    ASSERT_TRUE(service_->change_password(*here.session, "secure123", "better secret", start_ms));
    EXPECT_TRUE(service_->authenticate(here.token, start_ms));
    EXPECT_EQ(why(elsewhere.token), Refusal::session_ended);
    EXPECT_EQ(try_login("alice@example.org").error().refusal, Refusal::bad_credentials);
    EXPECT_TRUE(try_login("alice@example.org", "better secret"));
}

TEST_P(IdentityServiceTest, AnAttachedAccountReachesRunningAndFutureSessions) {
    const User alice = add("alice@example.org");
    const User bob = add("bob@example.org");
    EXPECT_EQ(service_->list_users_without_account()->size(), 2u);
    const Login session = login("alice@example.org");
    ASSERT_TRUE(service_->attach_account(alice.user_id, 16));
    EXPECT_EQ((*service_->authenticate(session.token, start_ms))->account_id, 16u);
    EXPECT_EQ(login("alice@example.org").session->account_id, 16u);
    EXPECT_EQ(service_->attach_account(bob.user_id, 16).error().refusal, Refusal::account_taken);
    EXPECT_EQ(*service_->list_users_without_account(), std::vector{bob.user_id});
    EXPECT_EQ(service_->list_user_accounts()->size(), 1u);
    service_ = open();
    EXPECT_EQ((*service_->authenticate(session.token, start_ms))->account_id, 16u);
}

TEST_P(IdentityServiceTest, ALockedUserIsOutAndIsToldOnlyWithTheRightPassword) {
    const User alice = add("alice@example.org");
    const Login session = login("alice@example.org");
    ASSERT_TRUE(service_->lock_user(alice.user_id, "ledger disagrees", start_ms));
    EXPECT_EQ(why(session.token), Refusal::session_ended);
    EXPECT_EQ(try_login("alice@example.org").error().refusal, Refusal::user_locked);
    EXPECT_EQ(try_login("alice@example.org", "wrong password").error().refusal, Refusal::bad_credentials);
    ASSERT_TRUE(service_->unlock_user(alice.user_id));
    EXPECT_TRUE(try_login("alice@example.org"));
    EXPECT_EQ(why(session.token), Refusal::session_ended);
}

TEST_P(IdentityServiceTest, DemoUsersCanBeSwitchedOff) {
    ASSERT_TRUE(service_->create_user({"demo@example.org", "secure123", Role::trader, true}, start_ms));
    const Login session = login("demo@example.org");
    ASSERT_TRUE(service_->set_demo_users_enabled(false, start_ms));
    EXPECT_EQ(why(session.token), Refusal::session_ended);
    EXPECT_EQ(try_login("demo@example.org").error().refusal, Refusal::user_locked);
    ASSERT_TRUE(service_->set_demo_users_enabled(true, start_ms));
    EXPECT_TRUE(try_login("demo@example.org"));
}

TEST_P(IdentityServiceTest, OperatorsKeepTheirRoleThroughLoginAndRestart) {
    ASSERT_TRUE(service_->create_user({"op@example.org", "secure123", Role::exchange_operator}, start_ms));
    const Login session = login("op@example.org");
    EXPECT_EQ(session.session->role, Role::exchange_operator);
    service_ = open();
    EXPECT_EQ((*service_->authenticate(session.token, start_ms))->role, Role::exchange_operator);
}

TEST_P(IdentityServiceTest, GuessingIsSlowedPerPeerAndForgivenBySuccess) {
    add("alice@example.org");
    for (int i = 0; i < 5; ++i) {
        EXPECT_EQ(try_login("alice@example.org", "wrong password").error().refusal, Refusal::bad_credentials);
    }
    const auto slowed = try_login("alice@example.org");
    ASSERT_FALSE(slowed);
    EXPECT_EQ(slowed.error().refusal, Refusal::too_many_attempts);
    EXPECT_EQ(slowed.error().retry_after_ms, 1000);
    EXPECT_TRUE(service_->login({"alice@example.org", "secure123", "198.51.100.7", ""}, start_ms))
        << "another peer is not slowed";
    EXPECT_TRUE(try_login("alice@example.org", "secure123", start_ms + 1000));
    EXPECT_TRUE(try_login("alice@example.org", "secure123", start_ms + 1000));
}

TEST_P(IdentityServiceTest, GuessingFromManyPeersIsSlowedToo) {
    add("alice@example.org");
    int guesses = 0;
    Refusal last = Refusal::bad_credentials;
    while (last == Refusal::bad_credentials && guesses < 200) {
        const std::string peer = "192.0.2." + std::to_string(guesses++);
        last = service_->login({"alice@example.org", "wrong password", peer, ""}, start_ms).error().refusal;
    }
    EXPECT_EQ(last, Refusal::too_many_attempts);
    EXPECT_EQ(guesses, 51);
}

TEST_P(IdentityServiceTest, ATicketOpensOneWebSocketOfALiveSession) {
    add("alice@example.org");
    const Login session = login("alice@example.org");
    const auto ticket = service_->issue_ticket(*session.session, start_ms);
    ASSERT_TRUE(ticket);
    const auto who = service_->redeem_ticket(*ticket, start_ms + 100);
    ASSERT_TRUE(who);
    EXPECT_EQ((*who)->token_id, session.session->token_id);
    EXPECT_EQ(service_->redeem_ticket(*ticket, start_ms + 100).error().refusal, Refusal::bad_ticket);
    const auto late = service_->issue_ticket(*session.session, start_ms);
    ASSERT_TRUE(service_->logout(*session.session, start_ms));
    EXPECT_EQ(service_->redeem_ticket(*late, start_ms).error().refusal, Refusal::bad_ticket);
}

TEST_P(IdentityServiceTest, ADearerCostRehashesAtTheNextLogin) {
    const User alice = add("alice@example.org");
    const Login before = login("alice@example.org");
    config_.password_cost.passes = 2;
    service_ = open();
    const Login after = login("alice@example.org");
    const auto stored = service_->find_user(alice.user_id);
    ASSERT_TRUE(stored && *stored);
    EXPECT_TRUE((*stored)->password_hash->starts_with("$argon2id$v=19$m=64,t=2,p=1$"));
    EXPECT_TRUE(service_->authenticate(before.token, start_ms));
    EXPECT_TRUE(service_->authenticate(after.token, start_ms));
    EXPECT_TRUE(try_login("alice@example.org"));
}

TEST_P(IdentityServiceTest, LoginsThatRehashAtTheSameTimeAllSucceed) {
    add("alice@example.org");
    config_.sessions_per_user_max = 1000;
    for (std::uint32_t passes = 2; passes < 6; ++passes) {
        config_.password_cost.passes = passes;
        service_ = open();
        service_->on_session_ended({});
        std::atomic<int> succeeded{0};
        std::vector<std::thread> threads;
        for (int i = 0; i < 4; ++i) {
            threads.emplace_back([&, peer = std::to_string(i)] {
                if (service_->login({"alice@example.org", "secure123", peer, ""}, start_ms)) ++succeeded;
            });
        }
        for (std::thread& thread : threads) thread.join();
        EXPECT_EQ(succeeded, 4);
    }
}

TEST_P(IdentityServiceTest, WhatAClientSaysAboutItselfIsMadePrintable) {
    const User alice = add("alice@example.org");
    ASSERT_TRUE(
        service_->login({"alice@example.org", "secure123", "peer\n\xFF", std::string(5000, 'x')}, start_ms));
    const auto sessions = service_->list_sessions(alice.user_id, start_ms);
    EXPECT_EQ(sessions->front().peer, "peer??");
    EXPECT_EQ(sessions->front().user_agent.size(), 200u);
}

TEST_P(IdentityServiceTest, ServersThatShareAStoreLearnOfALogoutWithinASecond) {
    config_.session_cache.authoritative = false;
    auto other = open();
    add("alice@example.org");
    const Login session = login("alice@example.org");
    EXPECT_EQ(other->authenticate(session.token, start_ms).error().refusal, Refusal::session_unknown);
    ASSERT_TRUE(other->refresh_session(session.token, start_ms));
    EXPECT_TRUE(other->authenticate(session.token, start_ms + 999));
    ASSERT_TRUE(service_->logout(*session.session, start_ms + 1));
    EXPECT_EQ(other->authenticate(session.token, start_ms + 1000).error().refusal, Refusal::session_unknown);
    ended_.clear();
    EXPECT_EQ(other->refresh_session(session.token, start_ms + 1000).error().refusal, Refusal::session_ended);
    EXPECT_EQ(ended_, std::set{session.session->token_id});
    EXPECT_EQ(other->authenticate(session.token, start_ms + 1000).error().refusal, Refusal::session_ended);
    EXPECT_EQ(other->refresh_session("garbage", start_ms).error().refusal, Refusal::bad_token);
}

TEST_P(IdentityServiceTest, AServerTellsAnotherWhatItReadOfASessionForASecond) {
    config_.session_cache.authoritative = false;
    auto one = open();
    auto other = open();
    const User alice = add("alice@example.org");
    ASSERT_TRUE(service_->attach_account(alice.user_id, 17));
    const std::string token = login("alice@example.org").token;
    EXPECT_FALSE(one->seal_session(token, start_ms)) << "it has not read it";
    ASSERT_TRUE(one->refresh_session(token, start_ms));
    const auto sealed = one->seal_session(token, start_ms + 500);
    ASSERT_TRUE(sealed);
    EXPECT_FALSE(other->admit_sealed(token, "damaged" + *sealed, start_ms + 600));
    EXPECT_FALSE(other->admit_sealed("no token", *sealed, start_ms + 600));
    const std::string another = login("alice@example.org").token;
    EXPECT_FALSE(other->admit_sealed(another, *sealed, start_ms + 600)) << "of another session";
    EXPECT_FALSE(other->admit_sealed(token, *sealed, start_ms + 1'000)) << "a second old";
    EXPECT_FALSE(other->admit_sealed(token, *sealed, start_ms - 1)) << "of a clock that is ahead of ours";
    ASSERT_TRUE(other->admit_sealed(token, *sealed, start_ms + 600));
    const auto session = other->authenticate(token, start_ms + 999);
    ASSERT_TRUE(session);
    EXPECT_EQ((*session)->user_id, alice.user_id);
    EXPECT_EQ((*session)->email, "alice@example.org");
    EXPECT_EQ((*session)->account_id, AccountNumber{17});
    EXPECT_EQ((*session)->role, Role::trader);
    EXPECT_EQ((*session)->expires_ms, (*one->authenticate(token, start_ms))->expires_ms);
    EXPECT_EQ(other->authenticate(token, start_ms + 1'000).error().refusal, Refusal::session_unknown)
        << "it is not younger for having been told of";
}

TEST_P(IdentityServiceTest, WhatWasSealedDoesNotBringBackWhatHasEnded) {
    config_.session_cache.authoritative = false;
    auto one = open();
    auto other = open();
    add("alice@example.org");
    const Login session = login("alice@example.org");
    ASSERT_TRUE(one->refresh_session(session.token, start_ms));
    const auto sealed = one->seal_session(session.token, start_ms);
    ASSERT_TRUE(service_->logout(*session.session, start_ms));
    EXPECT_FALSE(other->refresh_session(session.token, start_ms));
    EXPECT_FALSE(other->admit_sealed(session.token, *sealed, start_ms + 1));
    EXPECT_EQ(other->authenticate(session.token, start_ms + 1).error().refusal, Refusal::session_ended);
}

/// Tickets as several servers would share them.
class SlowTickets : public Tickets {
public:
    using Tickets::Tickets;
    bool is_quick() const override { return false; }
};

TEST_P(IdentityServiceTest, ATicketOfOneServerOpensASessionOnAnotherOnce) {
    EXPECT_FALSE(service_->is_shared());
    config_.session_cache.authoritative = false;
    config_.ticket_store = std::make_shared<SlowTickets>(Tickets::Config{});
    auto one = open();
    auto other = open();
    EXPECT_TRUE(one->is_shared());
    add("alice@example.org");
    const Login session = login("alice@example.org");
    const auto ticket = one->issue_ticket(*session.session, start_ms);
    ASSERT_TRUE(ticket);
    const auto opened = other->redeem_ticket(*ticket, start_ms);
    ASSERT_TRUE(opened);
    EXPECT_EQ((*opened)->token_id, session.session->token_id);
    EXPECT_EQ(other->redeem_ticket(*ticket, start_ms).error().refusal, Refusal::bad_ticket);
    const auto late = one->issue_ticket(*session.session, start_ms);
    ASSERT_TRUE(service_->logout(*session.session, start_ms));
    EXPECT_EQ(other->redeem_ticket(*late, start_ms + 1'000).error().refusal, Refusal::bad_ticket);
}

TEST_P(IdentityServiceTest, AStoreThatFailsIsReportedWithDetailForTheLogOnly) {
    add("alice@example.org");
    const Login session = login("alice@example.org");
    {
        auto database = open_database(config_.database);
        ASSERT_TRUE(database);
        ASSERT_TRUE(database->execute("DROP TABLE sessions"));
    }
    const auto outcome = try_login("alice@example.org");
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().refusal, Refusal::storage_failed);
    EXPECT_NE(outcome.error().detail.find("sessions"), std::string::npos) << outcome.error().detail;
    EXPECT_EQ(outcome.error().sentence.find("sessions"), std::string::npos);
    const auto logout = service_->logout(*session.session, start_ms);
    ASSERT_FALSE(logout);
    EXPECT_EQ(logout.error().refusal, Refusal::storage_failed);
    EXPECT_EQ(why(session.token), Refusal::session_ended);
}

TEST_P(IdentityServiceTest, OneOfManyRegistrationsOfAnEmailWins) {
    std::atomic<int> won{0};
    std::atomic<int> taken{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i) {
        threads.emplace_back([&] {
            const auto user = service_->register_user("alice@example.org", "secure123", start_ms);
            if (user) ++won;
            if (!user && user.error().refusal == Refusal::email_taken) ++taken;
        });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(won, 1);
    EXPECT_EQ(taken, 7);
}

TEST_P(IdentityServiceTest, ThreadsMayLogInAuthenticateAndLogOutAtOnce) {
    config_.sessions_per_user_max = 100;
    service_ = open();
    service_->on_session_ended({});
    for (int i = 0; i < 4; ++i) add("user" + std::to_string(i) + "@example.org");
    std::atomic<int> wrong{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&, email = "user" + std::to_string(i) + "@example.org"] {
            for (int round = 0; round < 10; ++round) {
                const auto login = service_->login({email, "secure123", "peer", ""}, start_ms);
                if (!login) {
                    ++wrong;
                    continue;
                }
                const auto who = service_->authenticate(login->token, start_ms);
                if (!who || (*who)->email != email) ++wrong;
                if (!service_->logout(*login->session, start_ms)) ++wrong;
                if (service_->authenticate(login->token, start_ms)) ++wrong;
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(wrong, 0);
}

TEST(Failure, EveryRefusalHasItsOwnCodeAndASentence) {
    std::set<std::string_view> codes;
    for (int i = 0; i <= static_cast<int>(Refusal::storage_failed); ++i) {
        const auto refusal = static_cast<Refusal>(i);
        EXPECT_TRUE(codes.insert(refusal_code(refusal)).second);
        EXPECT_FALSE(make_failure(refusal).sentence.empty());
    }
}

}  // namespace
}  // namespace sauda::identity
