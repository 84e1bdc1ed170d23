#include "codec/old_command_codec.h"

#include <algorithm>
#include <array>
#include <string>
#include <variant>

#include <gtest/gtest.h>

#include "base/random.h"
#include "codec/byte_coder.h"
#include "codec/command_codec.h"
#include "codec/command_fields.h"
#include "codec/testing/refusals.h"
#include "codec/testing/some_command.h"
#include "codec/testing/spelled_bytes.h"

namespace sauda::codec {
namespace {

/// As it was written once.
base::Bytes old_encoded(const core::Command& command) {
    const bool with_id = command.id != core::CommandId{};
    const bool with_deadline = command.deadline.raw != 0;
    ByteEncoder<command_size_max - 2> encoder;
    if (with_id) {
        encoder.raw(command.id.gateway);
        encoder.number(command.id.sequence);
    }
    if (with_deadline) encoder.raw(command.deadline.raw);
    std::visit([&](const auto& body) { fields(encoder, body); }, command.body);
    encoder.flag(1, with_id);
    encoder.flag(2, with_deadline);
    const base::ByteView rest = encoder.bytes();
    base::Bytes bytes(2 + rest.size());
    bytes[0] = static_cast<std::byte>(command.body.index());
    bytes[1] = static_cast<std::byte>(encoder.flags());
    std::ranges::copy(rest, bytes.begin() + 2);
    return bytes;
}

base::Bytes encoded(const core::Command& command) {
    base::Bytes bytes;
    encode_command(command, bytes);
    return bytes;
}

/// One command of each kind, as the last program that wrote layout 1 wrote it.
constexpr std::array written_then{
    "0003efcdab89674523010007ca9a3b00000000",
    "0137efcdab8967452301ac0207ca9a3b00000000e344ba9e85370000f8abf7c0f31cec019bf3c1a9ca17",
    "020befcdab8967452301d80407ca9a3b00000000a80483d6efeab8e7a39e7c15434f4b302d3e5668767e37206b726e61"
    "2b38625e61",
    "0303efcdab8967452301840707ca9a3b00000000cf01d4b8ce06",
    "0407efcdab8967452301b00907ca9a3b000000008bfd79b0f4c2db079e87f7978ca6ff92820103f2a3d3f5931b",
    "050fefcdab8967452301dc0b07ca9a3b00000000e8a5c2c6e2b6c6d805d0a1d86f030002000084b9b9d6f0b8f7f28601"
    "1c7b5d5a4b4a475b6b6c625b613e7335332148507d3365754569753c32",
    "0603efcdab8967452301880e07ca9a3b00000000b2ce62032ecb00bbf983186ac4df3fd50854472d21202c503407",
    "0703efcdab8967452301b41007ca9a3b00000000bce5d838a4a9b8ac3f9b316100fb92cf017d37ad9418b53400a296a3"
    "bfc1e6beeb7f99ea999bcbffe99c5504bffd2ce5b32ec666",
    "0803efcdab8967452301e01207ca9a3b00000000fbafc366a251bfb6718e67fde1defb5880a0dcb8027d255c302a455a"
    "ff",
    "0903efcdab89674523018c1507ca9a3b00000000371168c8f58c58247d0530a7840fbd940901",
    "0a03efcdab8967452301b81707ca9a3b00000000ea033f8afa318dd0119fc0f001998006a68c970900",
    "0b03efcdab8967452301e41907ca9a3b0000000042d264dee1d759f7a9faf7edc12337dd",
    "0c03efcdab8967452301901c07ca9a3b00000000e3fd1d1f79401ffb82a82bcba943e1193901",
    "0d03efcdab8967452301bc1e07ca9a3b0000000070325a239dd4b246ad1072aa19f0cf541503f6f0e9f5da0b223c5e3b"
    "243173394b254e597d762825775a3e4c2e2f7479364b394938372b502b5f37",
    "0e03efcdab8967452301e82007ca9a3b0000000062a370fd587f9c45a76eb6ca054c951fbed71904003e7956657d4b4d"
    "4c7d3735374c367c68583174767253207c24267a485b4f512b6c577855586739267c49737a327c562a216c5c343a4c5a"
    "442f2e4a44312e3a",
    "0f03efcdab8967452301942307ca9a3b00000000c9",
    "1003efcdab8967452301c02507ca9a3b0000000024186228546e0eed02044ad3592e3cf43605d094a085ab1b21725e67"
    "71435869385c384b50264c5456216926595e4148734a43494b764757522d05384c453135",
    "1103efcdab8967452301ec2707ca9a3b00000000eed80406fa010e7e4352585a65365a713d76454b4e0e334a3761446c"
    "423d33282135345b",
    "1203efcdab8967452301982a07ca9a3b00000000044f3d2a2c013d",
    "1303efcdab8967452301c42c07ca9a3b00000000b4c08e55bd9d16ba660c5e43a1dba188ddaca7da13c301",
    "1403efcdab8967452301f02e07ca9a3b00000000388041468fa7c5ce",
    "1503efcdab89674523019c3107ca9a3b000000008b051cdc95d8346ac0f1bef18080b690e0c5da0100",
    "1603efcdab8967452301c83307ca9a3b00000000",
    "1703efcdab8967452301f43507ca9a3b00000000e00d90e4c2e1afd09ce3aa01"};

TEST(OldCommandCodec, TheseTestsWriteWhatWasWrittenThen) {
    static_assert(written_then.size() == std::variant_size_v<core::CommandBody>);
    for (std::size_t tag = 0; tag < written_then.size(); ++tag) {
        base::Random random(100 + tag);
        const core::Command command{
            {0x0123'4567'89AB'CDEF, 300 * tag}, {1'000'000'007}, some_body(random, tag)};
        EXPECT_EQ(hex(old_encoded(command)), written_then[tag]) << tag;
    }
}

TEST(OldCommandCodec, CommandsOfEveryKindAreRead) {
    base::Random random(5);
    for (int i = 0; i < 20'000; ++i) {
        const core::Command command = some_command(random);
        const auto decoded = decode_command(old_encoded(command));
        ASSERT_TRUE(decoded) << name(decoded.error());
        EXPECT_EQ(encoded(*decoded), encoded(command));
    }
}

TEST(OldCommandCodec, EveryPrefixAndEveryLongerFormIsRefused) {
    base::Random random(6);
    for (int i = 0; i < 300; ++i)
        expect_every_prefix_and_longer_form_refused(old_encoded(some_command(random)));
}

/// What is not refused must be exactly what some command was written as.
void expect_refused_or_canonical(const base::Bytes& bytes) {
    core::Command command;
    if (decode_old_command(bytes, command)) {
        EXPECT_EQ(old_encoded(command), bytes);
    }
}

TEST(OldCommandCodec, DamagedBytesAreRefusedOrMeanAnotherCommand) {
    base::Random random(7);
    for (int i = 0; i < 30'000; ++i) {
        base::Bytes bytes = old_encoded(some_command(random));
        for (auto flips = 1 + random.below(3); flips > 0; --flips)
            bytes[random.below(bytes.size())] ^= static_cast<std::byte>(1u << random.below(8));
        expect_refused_or_canonical(bytes);
    }
}

TEST(OldCommandCodec, RandomBytesNeverConfuseTheDecoder) {
    base::Random random(8);
    for (int i = 0; i < 100'000; ++i) {
        base::Bytes bytes(random.below(64));
        for (auto& byte : bytes) byte = static_cast<std::byte>(random.next());
        if (!bytes.empty()) bytes[0] = static_cast<std::byte>(random.below(25));
        expect_refused_or_canonical(bytes);
    }
}

TEST(OldCommandCodec, EachKindOfDamageHasItsName) {
    EXPECT_EQ(refusal(raw({0})), DecodeError::truncated);
    EXPECT_EQ(refusal(raw({std::variant_size_v<core::CommandBody>, 0})), DecodeError::unknown_tag);
    EXPECT_EQ(refusal(raw({0, 4})), DecodeError::unknown_flags);
    EXPECT_EQ(refusal(raw({0, 128})), DecodeError::unknown_flags);
    EXPECT_EQ(refusal(raw({0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0})), DecodeError::not_canonical);
    EXPECT_EQ(refusal(raw({0, 2, 0, 0, 0, 0, 0, 0, 0, 0})), DecodeError::not_canonical);
    EXPECT_EQ(refusal(raw({3, 0, 0x80, 0x00, 1})), DecodeError::not_canonical);
    EXPECT_EQ(refusal(raw({3, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0x1F, 1})), DecodeError::out_of_range);
    EXPECT_EQ(refusal(raw({1, 0, 1, 1, 2, 0, 1, 1})), DecodeError::out_of_range);
    EXPECT_EQ(refusal(raw({2, 8, 1, 0, 1, 7})), DecodeError::invalid_text);
    EXPECT_EQ(refusal(raw({2, 8, 1, 0, 40, 7})), DecodeError::invalid_text);
    EXPECT_EQ(refusal(raw({2, 8, 1, 0, 0})), DecodeError::not_canonical);
}

}  // namespace
}  // namespace sauda::codec
