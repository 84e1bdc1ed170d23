#include "identity/secrets.h"

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <string>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include <gtest/gtest.h>

#include "identity/private_file.h"
#include "identity/random_id.h"
#include "identity/testing/temporary_directory.h"

namespace sauda::identity {
namespace {

mode_t mode_of(const std::string& path) {
    struct stat status {};
    EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
    return status.st_mode & 07777;
}

void overwrite(const std::string& path, const std::string& content) {
    std::ofstream(path) << content;
}

std::string text_of(const base::Result<Secret, base::IoError>& secret) {
    return to_hex(secret->bytes());
}

TEST(SecretFile, IsMadeOncePrivateAndReadBackTheSame) {
    const TemporaryDirectory directory;
    const std::string path = directory.file("data/keys/jwt.secret");
    const auto first = load_or_create_secret(path);
    ASSERT_TRUE(first) << first.error().message();
    EXPECT_EQ(first->bytes().size(), 32u);
    EXPECT_EQ(mode_of(path), 0600u);
    EXPECT_EQ(mode_of(directory.file("data/keys")), 0700u);
    EXPECT_EQ(mode_of(directory.file("data")), 0700u);
    const auto second = load_or_create_secret(path);
    ASSERT_TRUE(second);
    EXPECT_EQ(text_of(first), text_of(second));
    const auto other = load_or_create_secret(directory.file("other.secret"));
    ASSERT_TRUE(other);
    EXPECT_NE(text_of(first), text_of(other));
}

TEST(SecretFile, LeavesNoDraftBehind) {
    const TemporaryDirectory directory;
    ASSERT_TRUE(load_or_create_secret(directory.file("d/jwt.secret")));
    int files = 0;
    for (const auto& entry : std::filesystem::directory_iterator(directory.file("d"))) {
        EXPECT_EQ(entry.path().filename(), "jwt.secret");
        ++files;
    }
    EXPECT_EQ(files, 1);
}

TEST(SecretFile, OpenToOthersIsRefusedWithTheCommandThatHelps) {
    const TemporaryDirectory directory;
    const std::string path = directory.file("jwt.secret");
    ASSERT_TRUE(load_or_create_secret(path));
    for (const mode_t mode : {0640u, 0604u, 0660u, 0644u, 0777u, 0601u}) {
        ASSERT_EQ(::chmod(path.c_str(), mode), 0);
        const auto secret = load_or_create_secret(path);
        ASSERT_FALSE(secret) << mode;
        EXPECT_NE(secret.error().message().find("chmod 600 '" + path + "'"), std::string::npos);
    }
    ASSERT_EQ(::chmod(path.c_str(), 0600), 0);
    EXPECT_TRUE(load_or_create_secret(path));
}

TEST(SecretFile, InADirectoryThatOthersMayWriteIsRefused) {
    const TemporaryDirectory directory;
    const std::string open = directory.file("open");
    ASSERT_EQ(::mkdir(open.c_str(), 0700), 0);
    ASSERT_EQ(::chmod(open.c_str(), 0770), 0);
    const auto secret = load_or_create_secret(open + "/jwt.secret");
    ASSERT_FALSE(secret);
    EXPECT_NE(secret.error().message().find("chmod 700 '" + open + "'"), std::string::npos);
    EXPECT_FALSE(std::filesystem::exists(open + "/jwt.secret"));
}

TEST(SecretFile, ThatHoldsAnythingElseIsRefusedAndKept) {
    const TemporaryDirectory directory;
    const std::string path = directory.file("jwt.secret");
    ASSERT_TRUE(load_or_create_secret(path));
    for (const std::string& content :
         {std::string(), std::string("\n"), std::string(63, 'a'), std::string(65, 'a'), std::string(64, 'g'),
          std::string(64, 'A'), std::string(1'000'000, 'a')}) {
        overwrite(path, content);
        EXPECT_FALSE(load_or_create_secret(path)) << content.size();
        EXPECT_EQ(std::filesystem::file_size(path), content.size());
    }
    overwrite(path, std::string(64, 'a') + "\r\n");
    EXPECT_TRUE(load_or_create_secret(path));
}

TEST(SecretFile, IsNotReadThroughALinkOrFromADirectory) {
    const TemporaryDirectory directory;
    ASSERT_TRUE(load_or_create_secret(directory.file("real")));
    std::filesystem::create_symlink(directory.file("real"), directory.file("link"));
    EXPECT_FALSE(load_or_create_secret(directory.file("link")));
    std::filesystem::create_symlink(directory.file("nowhere"), directory.file("dangling"));
    EXPECT_FALSE(load_or_create_secret(directory.file("dangling")));
    EXPECT_FALSE(std::filesystem::exists(directory.file("nowhere")));
    ASSERT_EQ(::mkdir(directory.file("folder").c_str(), 0700), 0);
    EXPECT_FALSE(load_or_create_secret(directory.file("folder")));
}

TEST(SecretFile, ProgramsThatStartTogetherAgreeOnOne) {
    const TemporaryDirectory directory;
    const std::string path = directory.file("fresh/jwt.secret");
    std::vector<std::string> seen(8);
    std::vector<std::thread> starters;
    for (std::string& slot : seen) {
        starters.emplace_back([&slot, &path] {
            const auto secret = load_or_create_secret(path);
            slot = secret ? to_hex(secret->bytes()) : secret.error().message();
        });
    }
    for (std::thread& starter : starters) starter.join();
    EXPECT_EQ(seen[0].size(), 64u) << seen[0];
    for (const std::string& secret : seen) EXPECT_EQ(secret, seen[0]);
}

TEST(PrivateFile, IsNeverReplaced) {
    const TemporaryDirectory directory;
    const std::string path = directory.file("once");
    ASSERT_TRUE(create_private_file(path, "first"));
    const auto again = create_private_file(path, "second");
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().error_number, EEXIST);
    EXPECT_EQ(*read_private_file(path, 100), "first");
    EXPECT_FALSE(read_private_file(path, 4));
    EXPECT_EQ(read_private_file(directory.file("none"), 4).error().error_number, ENOENT);
}

TEST(ConfiguredSecret, IsUsedAsItIsWhenItIsGood) {
    const std::string text = "c7d1f0a94b3e58261f0e9d8c7b6a5948";
    const auto secret = configured_secret(text, "jwt.secret");
    ASSERT_TRUE(secret);
    EXPECT_EQ(base::as_text(secret->bytes()), text);
}

TEST(ConfiguredSecret, IsRefusedWhenShortOrMonotonous) {
    const std::string short_one = "c7d1f0a94b3e58261f0e9d8c7b6a594";  // 31 bytes
    for (const std::string& text :
         {std::string(), short_one, std::string(32, 'x'), std::string("abababab") + std::string(40, 'c'),
          std::string("secret-1secret-1secret-1secret-1"),
          std::string("0123456789012345678901234567890123456789")}) {
        const auto secret = configured_secret(text, "identity.jwt_secret");
        ASSERT_FALSE(secret) << text;
        EXPECT_NE(secret.error().message().find("identity.jwt_secret"), std::string::npos);
        EXPECT_NE(secret.error().message().find("openssl rand -hex 32"), std::string::npos);
        if (!text.empty()) {
            EXPECT_EQ(secret.error().message().find(text), std::string::npos);  // never shown
        }
    }
}

TEST(Secret, MovesAndLeavesNothing) {
    Secret first(base::Bytes(32, std::byte{7}));
    const Secret second = std::move(first);
    EXPECT_EQ(second.bytes().size(), 32u);
    EXPECT_TRUE(first.bytes().empty());  // NOLINT(bugprone-use-after-move): that is the claim
}

TEST(OperatorToken, MatchesOnlyItself) {
    const TemporaryDirectory directory;
    const std::string path = directory.file("data/operator.token");
    EXPECT_FALSE(read_operator_token(path));
    const auto token = OperatorToken::load_or_create(path);
    ASSERT_TRUE(token);
    const auto text = read_operator_token(path);
    ASSERT_TRUE(text);
    EXPECT_EQ(mode_of(path), 0600u);
    EXPECT_TRUE(token->matches(*text));
    EXPECT_FALSE(token->matches(""));
    EXPECT_FALSE(token->matches(text->substr(1)));
    EXPECT_FALSE(token->matches(*text + "\n"));
    EXPECT_FALSE(token->matches(random_token(32)));
    EXPECT_FALSE(token->matches(std::string(64, 'z')));
}

}  // namespace
}  // namespace sauda::identity
