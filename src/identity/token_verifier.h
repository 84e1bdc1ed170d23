/// Token verification that is cheap the second time: a bounded memory of the tokens that verified.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "identity/jwt.h"

namespace sauda::identity {

/// Remembers good signatures only; times are checked at every call, and whether the session still lives is
/// the SessionCache's to say. A refused token is never remembered, so garbage cannot displace good tokens.
///
/// The memory is two generations: hits in the old one move to the young one, and when the young one is full
/// it becomes the old one. A token in use stays, one that is not goes within two turns, and nothing is
/// sorted.
///
/// Threads: any; a lock is held for the lookup, or for the signature when there is none.
class TokenVerifier {
public:
    using ClaimsPointer = std::shared_ptr<const Claims>;

    /// Keeps at most 2 × `generation_size_max` tokens, about 1 kB each. Requires: both preconditions of
    /// TokenSigner, and generation_size_max > 0.
    explicit TokenVerifier(base::ByteView secret, std::size_t generation_size_max = 16'384);

    /// As TokenSigner::verify().
    base::Result<ClaimsPointer, TokenError> verify(std::string_view token, std::int64_t now_s);

    /// Tokens remembered now.
    std::size_t size() const;

private:
    /// Tokens with equal hashes are told apart in constant time: a lookup must not tell how much of a guess
    /// is right.
    struct TokenEqual {
        using is_transparent = void;
        bool operator()(std::string_view a, std::string_view b) const {
            return constant_time_equal(base::as_bytes(a), base::as_bytes(b));
        }
    };
    using Generation = std::unordered_map<std::string, ClaimsPointer, TextHash, TokenEqual>;

    ClaimsPointer find(std::string_view token);
    void remember(std::string_view token, ClaimsPointer claims);

    const std::size_t generation_size_max_;
    mutable std::mutex mutex_;
    TokenSigner signer_;
    Generation young_;
    Generation old_;
};

}  // namespace sauda::identity
