#include "backup/manifest.h"

#include <gtest/gtest.h>

namespace sauda::backup {
namespace {

Manifest example() {
    Manifest manifest;
    manifest.rules_version = 7;
    manifest.created_ms = 1'700'000'000'123;
    manifest.journal = {std::byte{0x01}, std::byte{0xfe}};
    manifest.first_sequence = 1;
    manifest.last_sequence = 4711;
    manifest.state_hash = 0x00ff00ff12345678;
    manifest.files = {{"journal/00000000000000000001.seg", {8192, 0xdeadbeef}}, {"name with spaces", {0, 0}}};
    return manifest;
}

TEST(Manifest, IsReadAsItWasWritten) {
    const auto read = parse_manifest(manifest_text(example()));
    ASSERT_TRUE(read.has_value()) << read.error();
    EXPECT_EQ(*read, example());
}

TEST(Manifest, EveryChangedByteIsFound) {
    const std::string text = manifest_text(example());
    for (std::size_t i = 0; i < text.size(); ++i) {
        std::string changed = text;
        changed[i] = static_cast<char>(changed[i] ^ 1);
        EXPECT_FALSE(parse_manifest(changed).has_value()) << i;
    }
}

TEST(Manifest, EveryCutIsFound) {
    const std::string text = manifest_text(example());
    for (std::size_t size = 0; size < text.size(); ++size)
        EXPECT_FALSE(parse_manifest(std::string_view(text).substr(0, size)).has_value()) << size;
    EXPECT_FALSE(parse_manifest(text + "file 0 00000000 more\n").has_value());
}

TEST(Manifest, NoPathLeavesTheBackup) {
    for (const char* path : {"/etc/passwd", "../x", "a/../b", "a//b", "", ".", "a/"}) {
        Manifest manifest = example();
        manifest.files = {{path, {1, 1}}};
        EXPECT_FALSE(parse_manifest(manifest_text(manifest)).has_value()) << path;
    }
}

}  // namespace
}  // namespace sauda::backup
