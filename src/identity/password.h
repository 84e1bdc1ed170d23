/// Password hashes: argon2id (RFC 9106) in its encoded form, "$argon2id$v=19$m=…,t=…,p=…$salt$hash".
///
/// Threads: PasswordHasher may be used from any threads at once, but hash(), verify() and
/// dummy_verify() each take about 43 ms of one core and 19 MiB at the default cost. They belong on a small
/// bounded pool of the caller's and never on a network thread.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sauda::identity {

/// What one hash costs. The defaults are the first choice of the OWASP password storage guidance for
/// argon2id. Lower them in tests alone.
struct PasswordCost {
    std::uint32_t memory_kib = 19 * 1024;
    std::uint32_t passes = 2;
    std::uint32_t lanes = 1;  // more lanes would start threads inside the library
};

inline constexpr std::size_t password_characters_min = 8;
inline constexpr std::size_t password_bytes_max = 128;

enum class PasswordWeakness : std::uint8_t { too_short, too_long, too_common };

/// Why `password` may not be chosen, or nothing when it may. Length is counted in characters (code points) at
/// the lower end, where people count, and in bytes at the upper end, where memory does.
std::optional<PasswordWeakness> check_password_strength(std::string_view password);

/// A sentence for the person who chose it.
std::string_view describe(PasswordWeakness weakness);

class PasswordHasher {
public:
    /// Requires: a cost that argon2 accepts (memory_kib ≥ 8 × lanes, passes ≥ 1).
    explicit PasswordHasher(PasswordCost cost = {});

    /// The encoded hash of `password` under a fresh random salt of 16 bytes. Stops the process when there is
    /// no memory for it, as any allocation does. Requires: password.size() <= password_bytes_max.
    std::string hash(std::string_view password) const;

    /// Whether `encoded` was made from `password`; false too for an `encoded` that is not argon2id. The
    /// comparison takes constant time. A password beyond password_bytes_max is wrong without being hashed.
    bool verify(std::string_view encoded, std::string_view password) const;

    /// Does the work of verify() against a hash that nothing matches. Called where there is no user to check,
    /// so that an unknown email takes as long as a wrong password.
    void dummy_verify(std::string_view password) const;

    /// Whether `encoded` was made at another cost and should be made anew at the next good login.
    bool needs_rehash(std::string_view encoded) const;

    /// How many times argon2 has run: the pool's work, for the metrics.
    std::uint64_t run_count() const { return run_count_.load(std::memory_order_relaxed); }

private:
    PasswordCost cost_;
    std::string cost_prefix_;  ///< how every hash of this cost begins
    std::string dummy_;        ///< a hash of this cost whose output is all zeros
    mutable std::atomic<std::uint64_t> run_count_{0};
};

}  // namespace sauda::identity
