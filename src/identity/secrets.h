/// The two secrets that the exchange keeps in files of its data directory: the key of session tokens and the
/// operator's token. Both are made at the first start and never logged.
///
/// Threads: one at a time at start; they block on the disk. What is loaded may be read from any thread.
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/io_error.h"
#include "base/result.h"

namespace sauda::identity {

inline constexpr std::size_t secret_bytes_min = 32;
/// A random secret of 32 hexadecimal digits has fewer different characters once in some 26 million draws.
inline constexpr std::size_t secret_variety_min = 8;

/// Bytes that are overwritten when they go. Cannot be copied or printed.
class Secret {
public:
    explicit Secret(base::Bytes bytes) : bytes_(std::move(bytes)) {}
    ~Secret();
    Secret(Secret&& other) noexcept;
    Secret& operator=(Secret&& other) noexcept;
    Secret(const Secret&) = delete;
    Secret& operator=(const Secret&) = delete;

    base::ByteView bytes() const { return bytes_; }

private:
    base::Bytes bytes_;
};

/// The secret in the file `path`: 64 hexadecimal digits and a line end, which stand for 32 random bytes.
/// Without a file one is made, with its directory. Errors name the fix: open to group or others, unreadable,
/// not such digits.
base::Result<Secret, base::IoError> load_or_create_secret(const std::string& path);

/// A secret that the operator configured as text, used byte for byte. Refused, naming `setting`, when it is
/// under 32 bytes, has fewer than 8 different characters, or repeats a piece shorter than 16.
base::Result<Secret, base::IoError> configured_secret(std::string_view text, const std::string& setting);

/// The token that bootstraps operators, kept in a file like a secret's ("operator.token").
class OperatorToken {
public:
    static base::Result<OperatorToken, base::IoError> load_or_create(const std::string& path);

    /// Whether `presented` is the token's 64 digits, in constant time.
    bool matches(std::string_view presented) const;

private:
    explicit OperatorToken(Secret secret) : secret_(std::move(secret)) {}

    Secret secret_;
};

/// The token's digits as `sauda admin --token-file` sends them. Never creates the file.
base::Result<std::string, base::IoError> read_operator_token(const std::string& path);

}  // namespace sauda::identity
