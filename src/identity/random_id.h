/// Unguessable ids and tokens, from the operating system's generator through OpenSSL.
///
/// Threads: every function may be called from any thread.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace sauda::identity {

/// 16 bytes with one spelling: 8-4-4-4-12 lower-case hexadecimal digits (RFC 4122, section 3).
struct Uuid {
    std::array<std::uint8_t, 16> bytes{};

    std::string text() const;
    /// The id spelled by `text`, or nothing: upper case, braces and missing dashes are refused, so that equal
    /// ids are equal texts.
    static std::optional<Uuid> parse(std::string_view text);

    auto operator<=>(const Uuid&) const = default;
};

struct UuidHash {
    std::size_t operator()(const Uuid& id) const noexcept;
};

/// Hash for maps with std::string keys that are looked up by std::string_view.
struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept {
        return std::hash<std::string_view>{}(text);
    }
};

/// `count` random bytes. Stops the process when the system has none to give: a guessable secret is worse.
base::Bytes random_bytes(std::size_t count);

/// A random (version 4) id: 122 random bits.
Uuid random_uuid();

/// `byte_count` random bytes as 2 × byte_count lower-case hexadecimal digits.
std::string random_token(std::size_t byte_count);

/// Lower-case hexadecimal, and back; nothing for an odd length or any other character.
std::string to_hex(base::ByteView bytes);
std::optional<base::Bytes> from_hex(std::string_view text);

/// Equality in a time that depends on the lengths alone.
bool constant_time_equal(base::ByteView a, base::ByteView b);

}  // namespace sauda::identity
