#include "identity/token_verifier.h"

#include <utility>

namespace sauda::identity {

using base::Unexpected;

TokenVerifier::TokenVerifier(base::ByteView secret, std::size_t generation_size_max)
    : generation_size_max_(generation_size_max), signer_(secret) {
    ASSERT(generation_size_max > 0);
}

base::Result<TokenVerifier::ClaimsPointer, TokenError> TokenVerifier::verify(std::string_view token,
                                                                             std::int64_t now_s) {
    if (token.size() > token_bytes_max) return Unexpected{TokenError::malformed};
    const std::lock_guard lock(mutex_);
    if (ClaimsPointer known = find(token)) {
        if (const std::optional<TokenError> error = check_times(*known, now_s)) return Unexpected{*error};
        return known;
    }
    base::Result<Claims, TokenError> claims = signer_.verify(token, now_s);
    if (!claims) return Unexpected{claims.error()};
    auto shared = std::make_shared<const Claims>(std::move(*claims));
    remember(token, shared);
    return ClaimsPointer(std::move(shared));
}

std::size_t TokenVerifier::size() const {
    const std::lock_guard lock(mutex_);
    return young_.size() + old_.size();
}

TokenVerifier::ClaimsPointer TokenVerifier::find(std::string_view token) {
    if (const auto at = young_.find(token); at != young_.end()) return at->second;
    const auto at = old_.find(token);
    if (at == old_.end()) return nullptr;
    ClaimsPointer claims = std::move(at->second);
    old_.erase(at);
    remember(token, claims);
    return claims;
}

void TokenVerifier::remember(std::string_view token, ClaimsPointer claims) {
    if (young_.size() == generation_size_max_) {
        old_ = std::exchange(young_, {});
    }
    young_.emplace(token, std::move(claims));
    ASSERT(young_.size() <= generation_size_max_);
}

}  // namespace sauda::identity
