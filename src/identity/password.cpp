#include "identity/password.h"

#include <algorithm>

#include <argon2.h>

#include "base/assert.h"
#include "identity/common_passwords.h"
#include "identity/random_id.h"

namespace sauda::identity {
namespace {

constexpr std::uint32_t salt_bytes = 16;
constexpr std::uint32_t hash_bytes = 32;

std::size_t count_characters(std::string_view text) {
    const auto starts_character = [](char byte) { return (static_cast<unsigned char>(byte) & 0xC0) != 0x80; };
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), starts_character));
}

std::string make_cost_prefix(const PasswordCost& cost) {
    return "$argon2id$v=19$m=" + std::to_string(cost.memory_kib) + ",t=" + std::to_string(cost.passes) +
           ",p=" + std::to_string(cost.lanes) + "$";
}

/// Unpadded base64 of `bytes` zero bytes.
std::string encoded_zeros(std::uint32_t bytes) {
    return std::string((bytes * 4 + 2) / 3, 'A');
}

}  // namespace

std::optional<PasswordWeakness> check_password_strength(std::string_view password) {
    if (password.size() > password_bytes_max) return PasswordWeakness::too_long;
    if (count_characters(password) < password_characters_min) return PasswordWeakness::too_short;
    if (is_common_password(password)) return PasswordWeakness::too_common;
    return std::nullopt;
}

std::string_view describe(PasswordWeakness weakness) {
    switch (weakness) {
        case PasswordWeakness::too_short:
            return "the password has fewer than 8 characters: choose a longer one";
        case PasswordWeakness::too_long:
            return "the password is longer than 128 bytes: choose a shorter one";
        case PasswordWeakness::too_common:
            return "the password is among those that are guessed first: choose one that nobody else would";
    }
    ASSERT(false);
}

PasswordHasher::PasswordHasher(PasswordCost cost)
    : cost_(cost),
      cost_prefix_(make_cost_prefix(cost)),
      dummy_(cost_prefix_ + encoded_zeros(salt_bytes) + "$" + encoded_zeros(hash_bytes)) {
    ASSERT(cost.lanes >= 1);
    ASSERT(cost.passes >= 1);
    ASSERT(cost.memory_kib >= 8 * cost.lanes);
}

std::string PasswordHasher::hash(std::string_view password) const {
    ASSERT(password.size() <= password_bytes_max);
    run_count_.fetch_add(1, std::memory_order_relaxed);
    const base::Bytes salt = random_bytes(salt_bytes);
    std::string encoded(
        argon2_encodedlen(cost_.passes, cost_.memory_kib, cost_.lanes, salt_bytes, hash_bytes, Argon2_id),
        '\0');
    const int outcome =
        argon2id_hash_encoded(cost_.passes, cost_.memory_kib, cost_.lanes, password.data(), password.size(),
                              salt.data(), salt.size(), hash_bytes, encoded.data(), encoded.size());
    ASSERT(outcome == ARGON2_OK);
    encoded.resize(encoded.find('\0'));
    ASSERT(encoded.starts_with(cost_prefix_));
    return encoded;
}

bool PasswordHasher::verify(std::string_view encoded, std::string_view password) const {
    if (password.size() > password_bytes_max) return false;
    run_count_.fetch_add(1, std::memory_order_relaxed);
    const std::string terminated(encoded);
    const int outcome = argon2id_verify(terminated.c_str(), password.data(), password.size());
    // Without memory the answer is unknown, and "wrong password" would be a lie.
    ASSERT(outcome != ARGON2_MEMORY_ALLOCATION_ERROR);
    return outcome == ARGON2_OK;
}

void PasswordHasher::dummy_verify(std::string_view password) const {
    const bool matched = verify(dummy_, password);
    ASSERT(!matched);
}

bool PasswordHasher::needs_rehash(std::string_view encoded) const {
    return !encoded.starts_with(cost_prefix_);
}

}  // namespace sauda::identity
