#include "identity/store.h"

#include <filesystem>
#include <fstream>
#include <string>
#include <sys/stat.h>

#include <gtest/gtest.h>

#include "identity/database.h"
#include "identity/schema.h"
#include "identity/testing/temporary_directory.h"

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

class StoreTest : public testing::Test {
protected:
    StoreTest() : store_(open()) {}

    Store open() {
        StoreResult<Store> store = Store::open(path_);
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

    TemporaryDirectory directory_;
    std::string path_ = directory_.file("data/identity.db");
    Store store_;
};

TEST_F(StoreTest, FindsAUserByEmailAndId) {
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

TEST_F(StoreTest, RefusesASecondUserWithTheEmail) {
    add("alice@example.org");
    const auto created = store_.create_user(make_user("alice@example.org"));
    ASSERT_FALSE(created);
    EXPECT_EQ(created.error().kind, Kind::duplicate_email);
}

TEST_F(StoreTest, KeepsQuotesAndZerosInText) {
    User user = make_user("o'neil@example.org");
    user.password_hash = std::string("a\0b'; DROP TABLE users; --", 26);
    ASSERT_TRUE(store_.create_user(user));
    EXPECT_EQ(read(user).password_hash, user.password_hash);
}

TEST_F(StoreTest, AnAccountHasOneOwnerForEver) {
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

TEST_F(StoreTest, ARoleIsKeptUntilItIsChanged) {
    const User alice = add("alice@example.org");
    EXPECT_EQ(read(alice).role, Role::trader);
    EXPECT_TRUE(store_.set_role(alice.user_id, Role::exchange_operator));
    store_ = open();
    EXPECT_EQ(read(alice).role, Role::exchange_operator);
    EXPECT_TRUE(store_.set_role(alice.user_id, Role::trader));
    EXPECT_EQ(read(alice).role, Role::trader);
    EXPECT_EQ(store_.set_role(random_uuid(), Role::trader).error().kind, Kind::unknown_user);
}

TEST_F(StoreTest, ListsAccountsForReconciliation) {
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

TEST_F(StoreTest, ReopeningKeepsEverything) {
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

TEST_F(StoreTest, TwoProcessesSeeEachOthersWork) {
    Store other = open();
    const User alice = add("alice@example.org");
    begin(alice, "one");
    EXPECT_TRUE(*other.find_live_session("one", now_ms));
    ASSERT_TRUE(*other.revoke_session(alice.user_id, "one", now_ms));
    EXPECT_FALSE(is_live("one"));
    EXPECT_EQ(other.create_user(make_user("alice@example.org")).error().kind, Kind::duplicate_email);
}

TEST_F(StoreTest, ASessionNeedsThePasswordThatWasVerifiedAndAnActiveUser) {
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

TEST_F(StoreTest, ASessionIsRevokedOnceAndByItsUserAlone) {
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

TEST_F(StoreTest, RevokingAllLeavesOtherUsersAlone) {
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

TEST_F(StoreTest, KeepsTheNewestSessionsAndListsThemFirst) {
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

TEST_F(StoreTest, ExpiredSessionsAreNotLiveAndAreDeleted) {
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

TEST_F(StoreTest, ANewPasswordEndsTheOtherSessions) {
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

TEST_F(StoreTest, OfTwoPasswordChangesOneWinsAndTheOtherChangesNothing) {
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

TEST_F(StoreTest, LockingTellsWhyAndEndsTheSessions) {
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

TEST_F(StoreTest, DemoUsersAreSwitchedTogetherAndNobodyElse) {
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

TEST_F(StoreTest, FilesArePrivate) {
    add("alice@example.org");
    for (const auto& entry : std::filesystem::directory_iterator(directory_.file("data"))) {
        struct stat status {};
        ASSERT_EQ(::stat(entry.path().c_str(), &status), 0);
        EXPECT_EQ(status.st_mode & 0777u, 0600u) << entry.path();
    }
}

TEST_F(StoreTest, ADatabaseOpenToOthersIsRefused) {
    ASSERT_EQ(::chmod(path_.c_str(), 0644), 0);
    const auto store = Store::open(path_);
    ASSERT_FALSE(store);
    EXPECT_EQ(store.error().kind, Kind::database);
    EXPECT_NE(store.error().message().find("chmod 600"), std::string::npos);
}

TEST_F(StoreTest, CarriesTheVersionOfItsSchema) {
    auto database = open_database(path_);
    ASSERT_TRUE(database);
    EXPECT_EQ(database->number("PRAGMA user_version").value(), schema_version);
    sql::Statement& mode = database->prepared("PRAGMA journal_mode");
    ASSERT_TRUE(mode.step());
    EXPECT_EQ(mode.text(0), "wal");
    EXPECT_EQ(database->number("PRAGMA synchronous").value(), 2);  // FULL
    EXPECT_EQ(database->number("PRAGMA foreign_keys").value(), 1);
}

TEST_F(StoreTest, AFileOfANewerSaudaIsRefusedAndUnchanged) {
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

TEST(Transaction, RollsBackUnlessCommitted) {
    const TemporaryDirectory directory;
    auto database = open_database(directory.file("t.db"));
    ASSERT_TRUE(database);
    ASSERT_TRUE(database->execute("CREATE TABLE t (x)"));
    {
        auto transaction = sql::Transaction::begin(*database);
        ASSERT_TRUE(transaction);
        ASSERT_TRUE(database->execute("INSERT INTO t VALUES (1)"));
    }
    {
        auto transaction = sql::Transaction::begin(*database);
        ASSERT_TRUE(transaction);
        ASSERT_TRUE(database->execute("INSERT INTO t VALUES (2)"));
        ASSERT_TRUE(transaction->commit());
    }
    EXPECT_EQ(database->number("SELECT sum(x) FROM t").value(), 2);
}

}  // namespace
}  // namespace sauda::identity
