#include "identity/store.h"

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <sys/stat.h>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "identity/database.h"
#include "identity/schema.h"
#include "identity/testing/temporary_directory.h"
#include "sql/testing/postgres_server.h"
#include "sql/testing/test_database.h"

namespace sauda::identity {
namespace {

using Kind = StoreError::Kind;

constexpr std::int64_t now_ms = 1'700'000'000'000;
constexpr std::int64_t hour_ms = 3'600'000;

User make_user(const std::string& email) {
    return User{.user_id = random_uuid(),
                .email = email,
                .password_hash = "hash of " + email,
                .role = Role::trader,
                .account_id = std::nullopt,
                .is_demo = false,
                .disabled = false,
                .lock_reason = std::nullopt,
                .created_ms = now_ms};
}

SessionRecord make_session(const User& user, const std::string& token_id, std::int64_t issued_ms = now_ms) {
    return SessionRecord{.token_id = token_id,
                         .user_id = user.user_id,
                         .issued_ms = issued_ms,
                         .expires_ms = issued_ms + hour_ms,
                         .revoked_ms = std::nullopt,
                         .peer = "127.0.0.1",
                         .user_agent = "test"};
}

class StoreTest : public testing::TestWithParam<sql::Dialect> {
protected:
    StoreTest() : store_(open()) {}

    Store open() {
        StoreResult<Store> store = Store::open(place_.name());
        EXPECT_TRUE(store) << store.error().message();
        return std::move(*store);
    }
    User add(const std::string& email) {
        const User user = make_user(email);
        EXPECT_TRUE(store_.create_user(user));
        return user;
    }
    void begin(const User& user, const std::string& token_id, std::int64_t issued_ms = now_ms) {
        EXPECT_TRUE(store_.create_session(make_session(user, token_id, issued_ms), *user.password_hash));
    }
    bool is_live(const std::string& token_id) {
        return store_.find_live_session(token_id, now_ms)->has_value();
    }
    User read(const User& user) { return **store_.find_by_id(user.user_id); }

    sql::testing::TestDatabase place_{GetParam()};
    Store store_;
};
INSTANTIATE_TEST_SUITE_P(Both, StoreTest, testing::ValuesIn(sql::testing::dialects),
                         [](const auto& test) { return sql::testing::name_of(test.param); });

TEST_P(StoreTest, FindsAUserByEmailAndId) {
    User user = make_user("alice@example.org");
    user.role = Role::exchange_operator;
    user.account_id = 17;
    user.is_demo = true;
    ASSERT_TRUE(store_.create_user(user));
    const auto found = store_.find_by_email("alice@example.org");
    ASSERT_TRUE(found && *found);
    EXPECT_EQ((*found)->user_id, user.user_id);
    EXPECT_EQ((*found)->email, user.email);
    EXPECT_EQ((*found)->password_hash, user.password_hash);
    EXPECT_EQ((*found)->role, Role::exchange_operator);
    EXPECT_EQ((*found)->account_id, 17u);
    EXPECT_TRUE((*found)->is_demo);
    EXPECT_FALSE((*found)->disabled);
    EXPECT_EQ((*found)->created_ms, now_ms);
    EXPECT_TRUE(*store_.find_by_id(user.user_id));
    EXPECT_FALSE(*store_.find_by_id(random_uuid()));
    EXPECT_FALSE(*store_.find_by_email("bob@example.org"));
}

TEST_P(StoreTest, RefusesASecondUserWithTheEmail) {
    add("alice@example.org");
    const auto created = store_.create_user(make_user("alice@example.org"));
    ASSERT_FALSE(created);
    EXPECT_EQ(created.error().kind, Kind::duplicate_email);
}

TEST_P(StoreTest, KeepsQuotesInText) {
    User user = make_user("o'neil@example.org");
    user.password_hash = "a'; DROP TABLE users; -- $1 ? \\";
    ASSERT_TRUE(store_.create_user(user));
    EXPECT_EQ(read(user).password_hash, user.password_hash);
}

TEST_P(StoreTest, AnAccountHasOneOwnerForEver) {
    const User alice = add("alice@example.org");
    const User bob = add("bob@example.org");
    EXPECT_TRUE(store_.set_account_id(alice.user_id, 16));
    EXPECT_TRUE(store_.set_account_id(alice.user_id, 16));
    EXPECT_EQ(store_.set_account_id(alice.user_id, 17).error().kind, Kind::duplicate_account);
    EXPECT_EQ(store_.set_account_id(bob.user_id, 16).error().kind, Kind::duplicate_account);
    EXPECT_EQ(store_.set_account_id(random_uuid(), 18).error().kind, Kind::unknown_user);
    EXPECT_EQ(read(alice).account_id, 16u);
    EXPECT_EQ(read(bob).account_id, std::nullopt);
    User carol = make_user("carol@example.org");
    carol.account_id = 16;
    EXPECT_EQ(store_.create_user(carol).error().kind, Kind::duplicate_account);
}

TEST_P(StoreTest, ARoleIsKeptUntilItIsChanged) {
    const User alice = add("alice@example.org");
    EXPECT_EQ(read(alice).role, Role::trader);
    EXPECT_TRUE(store_.set_role(alice.user_id, Role::exchange_operator));
    store_ = open();
    EXPECT_EQ(read(alice).role, Role::exchange_operator);
    EXPECT_TRUE(store_.set_role(alice.user_id, Role::trader));
    EXPECT_EQ(read(alice).role, Role::trader);
    EXPECT_EQ(store_.set_role(random_uuid(), Role::trader).error().kind, Kind::unknown_user);
}

TEST_P(StoreTest, ListsAccountsForReconciliation) {
    const User alice = add("alice@example.org");
    const User bob = add("bob@example.org");
    ASSERT_TRUE(store_.set_account_id(alice.user_id, 4'294'967'295u));
    const auto without = store_.list_users_without_account();
    ASSERT_TRUE(without);
    EXPECT_EQ(*without, std::vector{bob.user_id});
    const auto with = store_.list_user_accounts();
    ASSERT_TRUE(with);
    ASSERT_EQ(with->size(), 1u);
    EXPECT_EQ(with->front().user_id, alice.user_id);
    EXPECT_EQ(with->front().account_id, 4'294'967'295u);
}

TEST_P(StoreTest, ReopeningKeepsEverything) {
    const User alice = add("alice@example.org");
    ASSERT_TRUE(store_.set_account_id(alice.user_id, 16));
    begin(alice, "one");
    begin(alice, "two");
    ASSERT_TRUE(*store_.revoke_session(alice.user_id, "two", now_ms));
    store_ = open();
    EXPECT_EQ(read(alice).account_id, 16u);
    EXPECT_EQ(read(alice).password_hash, alice.password_hash);
    EXPECT_TRUE(is_live("one"));
    EXPECT_FALSE(is_live("two"));
    EXPECT_EQ((*store_.find_session("two"))->revoked_ms, now_ms);
    EXPECT_EQ((*store_.find_session("one"))->peer, "127.0.0.1");
}

TEST_P(StoreTest, TwoProcessesSeeEachOthersWork) {
    Store other = open();
    const User alice = add("alice@example.org");
    begin(alice, "one");
    EXPECT_TRUE(*other.find_live_session("one", now_ms));
    ASSERT_TRUE(*other.revoke_session(alice.user_id, "one", now_ms));
    EXPECT_FALSE(is_live("one"));
    EXPECT_EQ(other.create_user(make_user("alice@example.org")).error().kind, Kind::duplicate_email);
}

TEST_P(StoreTest, ASessionNeedsThePasswordThatWasVerifiedAndAnActiveUser) {
    const User alice = add("alice@example.org");
    const auto refused = store_.create_session(make_session(alice, "old"), "another hash");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, Kind::no_longer_valid);
    ASSERT_TRUE(store_.lock_user(alice.user_id, "ledger disagrees", now_ms));
    EXPECT_EQ(store_.create_session(make_session(alice, "locked"), *alice.password_hash).error().kind,
              Kind::no_longer_valid);
    ASSERT_TRUE(store_.unlock_user(alice.user_id));
    EXPECT_TRUE(store_.create_session(make_session(alice, "again"), *alice.password_hash));
    EXPECT_FALSE(*store_.find_session("old"));
    User nobody = make_user("nobody@example.org");
    nobody.password_hash = std::nullopt;
    ASSERT_TRUE(store_.create_user(nobody));
    EXPECT_EQ(store_.create_session(make_session(nobody, "none"), "").error().kind, Kind::no_longer_valid);
}

TEST_P(StoreTest, ASessionIsRevokedOnceAndByItsUserAlone) {
    const User alice = add("alice@example.org");
    const User bob = add("bob@example.org");
    begin(alice, "one");
    EXPECT_FALSE(*store_.revoke_session(bob.user_id, "one", now_ms));
    EXPECT_TRUE(is_live("one"));
    EXPECT_TRUE(*store_.revoke_session(alice.user_id, "one", now_ms));
    EXPECT_FALSE(*store_.revoke_session(alice.user_id, "one", now_ms + 5));
    EXPECT_EQ((*store_.find_session("one"))->revoked_ms, now_ms);
    EXPECT_FALSE(*store_.revoke_session(alice.user_id, "never", now_ms));
}

TEST_P(StoreTest, RevokingAllLeavesOtherUsersAlone) {
    const User alice = add("alice@example.org");
    const User bob = add("bob@example.org");
    begin(alice, "a1");
    begin(alice, "a2");
    begin(bob, "b1");
    const auto ended = store_.revoke_all_for_user(alice.user_id, now_ms);
    ASSERT_TRUE(ended);
    EXPECT_EQ(ended->size(), 2u);
    EXPECT_FALSE(is_live("a1"));
    EXPECT_FALSE(is_live("a2"));
    EXPECT_TRUE(is_live("b1"));
}

TEST_P(StoreTest, KeepsTheNewestSessionsAndListsThemFirst) {
    const User alice = add("alice@example.org");
    for (int i = 0; i < 5; ++i) begin(alice, "s" + std::to_string(i), now_ms + i);
    const auto ended = store_.revoke_all_but_newest(alice.user_id, 2, now_ms + 10);
    ASSERT_TRUE(ended);
    EXPECT_EQ(ended->size(), 3u);
    const auto left = store_.list_sessions(alice.user_id, now_ms + 10);
    ASSERT_TRUE(left);
    ASSERT_EQ(left->size(), 2u);
    EXPECT_EQ((*left)[0].token_id, "s4");
    EXPECT_EQ((*left)[1].token_id, "s3");
}

TEST_P(StoreTest, ExpiredSessionsAreNotLiveAndAreDeleted) {
    const User alice = add("alice@example.org");
    begin(alice, "one");
    begin(alice, "two", now_ms + 1);
    EXPECT_TRUE(*store_.find_live_session("one", now_ms + hour_ms - 1));
    EXPECT_FALSE(*store_.find_live_session("one", now_ms + hour_ms));
    EXPECT_EQ(store_.list_live_sessions(now_ms + hour_ms)->size(), 1u);
    EXPECT_EQ(*store_.delete_expired_sessions(now_ms + hour_ms), 1);
    EXPECT_FALSE(*store_.find_session("one"));
    EXPECT_TRUE(*store_.find_session("two"));
}

TEST_P(StoreTest, TellsWhichOfManySessionsHaveEnded) {
    const User alice = add("alice@example.org");
    const User bob = add("bob@example.org");
    std::vector<std::string> asked{"never"};
    std::vector<std::string> expected{"never"};
    for (int i = 0; i < 150; ++i) {
        asked.push_back("s" + std::to_string(i));
        begin(i == 149 ? bob : alice, asked.back(), now_ms + i % 2);
        if (i % 10 != 0) continue;
        ASSERT_TRUE(*store_.revoke_session(alice.user_id, asked.back(), now_ms));
        expected.push_back(asked.back());
    }
    EXPECT_EQ(store_.find_ended_sessions(asked, now_ms).value(), expected);
    EXPECT_TRUE(store_.find_ended_sessions({}, now_ms)->empty());
    ASSERT_TRUE(store_.lock_user(bob.user_id, "x", now_ms));
    expected.push_back("s149");
    EXPECT_EQ(store_.find_ended_sessions(asked, now_ms).value(), expected);
    EXPECT_EQ(store_.find_ended_sessions(asked, now_ms + 2 * hour_ms)->size(), asked.size());
}

TEST_P(StoreTest, ANewPasswordEndsTheOtherSessions) {
    const User alice = add("alice@example.org");
    begin(alice, "kept");
    begin(alice, "other");
    const auto ended = store_.set_password(alice.user_id, *alice.password_hash, "new hash", "kept", now_ms);
    ASSERT_TRUE(ended);
    EXPECT_EQ(*ended, std::vector<std::string>{"other"});
    EXPECT_EQ(read(alice).password_hash, "new hash");
    EXPECT_TRUE(is_live("kept"));
    EXPECT_FALSE(is_live("other"));
}

TEST_P(StoreTest, OfTwoPasswordChangesOneWinsAndTheOtherChangesNothing) {
    const User alice = add("alice@example.org");
    begin(alice, "one");
    ASSERT_TRUE(store_.set_password(alice.user_id, *alice.password_hash, "first", "one", now_ms));
    const auto second = store_.set_password(alice.user_id, *alice.password_hash, "second", "", now_ms);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().kind, Kind::no_longer_valid);
    EXPECT_EQ(read(alice).password_hash, "first");
    EXPECT_TRUE(is_live("one"));
    EXPECT_TRUE(store_.replace_hash(alice.user_id, "first", "rehashed"));
    EXPECT_FALSE(store_.replace_hash(alice.user_id, "first", "late"));
    EXPECT_EQ(read(alice).password_hash, "rehashed");
}

TEST_P(StoreTest, LockingTellsWhyAndEndsTheSessions) {
    const User alice = add("alice@example.org");
    begin(alice, "one");
    const auto ended = store_.lock_user(alice.user_id, "ledger disagrees", now_ms);
    ASSERT_TRUE(ended);
    EXPECT_EQ(*ended, std::vector<std::string>{"one"});
    EXPECT_EQ(read(alice).lock_reason, "ledger disagrees");
    EXPECT_FALSE(read(alice).is_active());
    EXPECT_FALSE(is_live("one"));
    EXPECT_EQ(store_.lock_user(random_uuid(), "x", now_ms).error().kind, Kind::unknown_user);
    EXPECT_EQ(store_.unlock_user(random_uuid()).error().kind, Kind::unknown_user);
}

TEST_P(StoreTest, DemoUsersAreSwitchedTogetherAndNobodyElse) {
    User demo = make_user("demo@example.org");
    demo.is_demo = true;
    ASSERT_TRUE(store_.create_user(demo));
    const User alice = add("alice@example.org");
    begin(demo, "demo");
    begin(alice, "alice");
    const auto ended = store_.set_demo_users_enabled(false, now_ms);
    ASSERT_TRUE(ended);
    EXPECT_EQ(*ended, std::vector<std::string>{"demo"});
    EXPECT_TRUE(read(demo).disabled);
    EXPECT_FALSE(read(alice).disabled);
    EXPECT_TRUE(is_live("alice"));
    ASSERT_TRUE(store_.set_demo_users_enabled(true, now_ms));
    EXPECT_FALSE(read(demo).disabled);
    EXPECT_FALSE(is_live("demo"));  // what ended stays ended
}

// --- A file of SQLite ---

class StoreFileTest : public testing::Test {
protected:
    TemporaryDirectory directory_;
    const std::string path_ = directory_.file("data/identity.db");
    Store store_ = Store::open(path_).value();
};

TEST_F(StoreFileTest, FilesArePrivate) {
    ASSERT_TRUE(store_.create_user(make_user("alice@example.org")));
    for (const auto& entry : std::filesystem::directory_iterator(directory_.file("data"))) {
        struct stat status {};
        ASSERT_EQ(::stat(entry.path().c_str(), &status), 0);
        EXPECT_EQ(status.st_mode & 0777u, 0600u) << entry.path();
    }
}

TEST_F(StoreFileTest, ADatabaseOpenToOthersIsRefused) {
    ASSERT_EQ(::chmod(path_.c_str(), 0644), 0);
    const auto store = Store::open(path_);
    ASSERT_FALSE(store);
    EXPECT_EQ(store.error().kind, Kind::database);
    EXPECT_NE(store.error().message().find("chmod 600"), std::string::npos);
}

TEST_F(StoreFileTest, CarriesTheVersionOfItsSchema) {
    auto database = open_database(path_);
    ASSERT_TRUE(database);
    EXPECT_EQ(database->number("PRAGMA user_version").value(), schema_version);
    sql::Statement& mode = database->prepared("PRAGMA journal_mode");
    ASSERT_TRUE(mode.step());
    EXPECT_EQ(mode.text(0), "wal");
    EXPECT_EQ(database->number("PRAGMA synchronous").value(), 2);  // FULL
    EXPECT_EQ(database->number("PRAGMA foreign_keys").value(), 1);
}

TEST_F(StoreFileTest, AFileOfANewerSaudaIsRefusedAndUnchanged) {
    auto database = open_database(path_);
    ASSERT_TRUE(database);
    ASSERT_TRUE(database->execute("PRAGMA user_version = 99"));
    const auto store = Store::open(path_);
    ASSERT_FALSE(store);
    EXPECT_NE(store.error().message().find("schema version 99 was written by a newer sauda"),
              std::string::npos);
    EXPECT_EQ(database->number("PRAGMA user_version").value(), 99);
}

TEST(StoreFile, OfAnotherProgramIsRefused) {
    const TemporaryDirectory directory;
    const std::string path = directory.file("other.db");
    {
        auto database = open_database(path);
        ASSERT_TRUE(database);
        ASSERT_TRUE(database->execute("CREATE TABLE theirs (x)"));
    }
    const auto store = Store::open(path);
    ASSERT_FALSE(store);
    EXPECT_NE(store.error().message().find("another program's"), std::string::npos);
}

TEST(StoreFile, ThatIsNoDatabaseIsRefusedWithTheFix) {
    const TemporaryDirectory directory;
    const std::string path = directory.file("text.db");
    { std::ofstream(path) << std::string(8192, 'x'); }
    ASSERT_EQ(::chmod(path.c_str(), 0600), 0);
    const auto store = Store::open(path);
    ASSERT_FALSE(store);
    EXPECT_NE(store.error().message().find("restore the file from a backup"), std::string::npos)
        << store.error().message();
}

TEST(StoreFile, DamagedInTheMiddleIsRefused) {
    const TemporaryDirectory directory;
    const std::string path = directory.file("identity.db");
    {
        auto store = Store::open(path);
        ASSERT_TRUE(store);
        for (int i = 0; i < 200; ++i)
            ASSERT_TRUE(store->create_user(make_user("user" + std::to_string(i) + "@x")));
    }
    const auto size = static_cast<std::streamoff>(std::filesystem::file_size(path));
    ASSERT_GT(size, 16'384);
    {
        std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
        file.seekp(4096);
        file << std::string(static_cast<std::size_t>(size) - 4096, '\x5A');
    }
    const auto store = Store::open(path);
    ASSERT_FALSE(store);
    EXPECT_NE(store.error().message().find("restore the file from a backup"), std::string::npos)
        << store.error().message();
}

// --- A database of PostgreSQL ---

class StoreServerTest : public testing::Test {
protected:
    const std::string address_ = sql::testing::PostgresServer::shared().new_database();
};

TEST_F(StoreServerTest, OfANewerSaudaIsRefusedAndUnchanged) {
    ASSERT_TRUE(Store::open(address_));
    auto database = open_database(address_);
    ASSERT_TRUE(database);
    ASSERT_TRUE(database->execute("UPDATE schema_version SET version = 99"));
    const auto store = Store::open(address_);
    ASSERT_FALSE(store);
    EXPECT_NE(store.error().message().find("schema version 99 was written by a newer sauda"),
              std::string::npos);
    EXPECT_EQ(database->number("SELECT version FROM schema_version").value(), 99);
}

TEST_F(StoreServerTest, OfAnotherProgramIsRefused) {
    auto database = open_database(address_);
    ASSERT_TRUE(database);
    ASSERT_TRUE(database->execute("CREATE SCHEMA identity; CREATE TABLE users (x BIGINT)"));
    const auto store = Store::open(address_);
    ASSERT_FALSE(store);
    EXPECT_NE(store.error().message().find("another program's"), std::string::npos);
}

TEST_F(StoreServerTest, ServersThatStartAtOnceMakeTheTablesOnce) {
    std::atomic<int> opened{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 6; ++i)
        threads.emplace_back([&] { opened += Store::open(address_).has_value() ? 1 : 0; });
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(opened, 6);
}

/// What happens when one server has begun a change and another comes in between: the first holds the row.
class StoreRaceTest : public StoreServerTest {
protected:
    StoreRaceTest() { EXPECT_TRUE(store_.create_user(alice_)); }

    /// Begins `change` in a transaction, has `meanwhile` done by another server, and commits once that waits
    /// for it. False: it did not wait.
    template <class Work>
    void during(const std::string& change, Work meanwhile) {
        auto database = open_database(address_).value();
        auto transaction = sql::Transaction::begin(database).value();
        ASSERT_TRUE(database.execute(change));
        std::thread other(meanwhile);
        auto watch = open_database(address_).value();
        std::int64_t waiting = 0;
        for (int tries = 0; tries < 1'000 && waiting == 0; ++tries) {
            waiting = watch.number("SELECT count(*) FROM pg_locks WHERE NOT granted").value();
            std::this_thread::sleep_for(std::chrono::milliseconds(2));
        }
        EXPECT_GT(waiting, 0);
        EXPECT_TRUE(transaction.commit());
        other.join();
    }

    const User alice_ = make_user("alice@example.org");
    Store store_ = Store::open(address_).value();
};

TEST_F(StoreRaceTest, ALockThatIsUnderWayRefusesANewSession) {
    during("UPDATE users SET lock_reason = 'x'", [&] {
        const auto created = store_.create_session(make_session(alice_, "late"), *alice_.password_hash);
        ASSERT_FALSE(created);
        EXPECT_EQ(created.error().kind, Kind::no_longer_valid);
    });
    EXPECT_FALSE(*store_.find_session("late"));
}

TEST_F(StoreRaceTest, ANewPasswordThatIsUnderWayRefusesASessionOfTheOld) {
    during("UPDATE users SET password_hash = 'new'", [&] {
        EXPECT_EQ(store_.create_session(make_session(alice_, "late"), *alice_.password_hash).error().kind,
                  Kind::no_longer_valid);
        EXPECT_EQ(store_.set_password(alice_.user_id, *alice_.password_hash, "late", "", now_ms).error().kind,
                  Kind::no_longer_valid);
    });
    EXPECT_EQ((*store_.find_by_id(alice_.user_id))->password_hash, "new");
}

TEST_F(StoreRaceTest, ASessionThatIsUnderWayIsEndedByTheLock) {
    const std::string begun = "INSERT INTO sessions SELECT 'early', user_id, 1, " +
                              std::to_string(now_ms + hour_ms) + ", NULL, '', '' FROM users FOR SHARE";
    during(begun, [&] {
        const auto ended = store_.lock_user(alice_.user_id, "x", now_ms);
        ASSERT_TRUE(ended) << ended.error().message();
        EXPECT_EQ(*ended, std::vector<std::string>{"early"});
    });
}

TEST_F(StoreRaceTest, ManyLoginsAtOnceOnManyServersLeaveTheNewestSessions) {
    std::vector<std::thread> threads;
    std::atomic<int> failures{0};
    for (int server = 0; server < 4; ++server) {
        threads.emplace_back([&, server] {
            Store store = Store::open(address_).value();
            for (int i = 0; i < 25; ++i) {
                const std::string id = std::to_string(server) + "-" + std::to_string(i);
                const bool is_done =
                    store.create_session(make_session(alice_, id, now_ms + i), *alice_.password_hash)
                        .has_value() &&
                    store.revoke_all_but_newest(alice_.user_id, 3, now_ms + 100).has_value();
                failures += is_done ? 0 : 1;
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(failures, 0);
    EXPECT_EQ(store_.list_sessions(alice_.user_id, now_ms + 100)->size(), 3u);
}

TEST(StoreServer, ThatWasAwayServesTheNextCallButOne) {
    sql::testing::PostgresServer server;
    const std::string address = server.new_database();
    Store store = Store::open(address).value();
    ASSERT_TRUE(store.create_user(make_user("alice@example.org")));
    server.kill();
    const auto lost = store.find_by_email("alice@example.org");
    ASSERT_FALSE(lost);
    EXPECT_EQ(lost.error().kind, Kind::database);
    server.start();
    bool is_found = false;
    for (int tries = 0; tries < 200 && !is_found; ++tries) {
        const auto found = store.find_by_email("alice@example.org");
        is_found = found && found->has_value();
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    EXPECT_TRUE(is_found);
}

}  // namespace
}  // namespace sauda::identity
