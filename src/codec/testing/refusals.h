/// What tests of commands in any layout ask of the decoder.
#pragma once

#include <cstddef>

#include <gtest/gtest.h>

#include "codec/command_codec.h"

namespace sauda::codec {

/// No beginning of a command is one, nor is one with a byte behind it.
inline void expect_every_prefix_and_longer_form_refused(base::Bytes command) {
    for (std::size_t size = 0; size < command.size(); ++size)
        EXPECT_FALSE(decode_command(base::ByteView(command).first(size)));
    command.push_back(std::byte{0});
    const auto longer = decode_command(command);
    ASSERT_FALSE(longer);
    EXPECT_EQ(longer.error(), DecodeError::trailing_bytes);
}

/// Why bytes that are no command are refused.
inline DecodeError refusal(const base::Bytes& bytes) {
    const auto decoded = decode_command(bytes);
    EXPECT_FALSE(decoded);
    return decoded ? DecodeError{} : decoded.error();
}

}  // namespace sauda::codec
