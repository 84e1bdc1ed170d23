#include "identity/secrets.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <set>
#include <utility>

#include <openssl/crypto.h>

#include "identity/private_file.h"
#include "identity/random_id.h"

namespace sauda::identity {
namespace {

using base::IoError;
using base::Unexpected;

constexpr std::size_t secret_bytes = 32;
constexpr std::size_t file_bytes_max = 4096;
constexpr std::size_t period_min = 16;

void wipe(base::Bytes& bytes) {
    if (!bytes.empty()) OPENSSL_cleanse(bytes.data(), bytes.size());
    bytes.clear();
}

std::string_view without_line_end(std::string_view text) {
    if (text.ends_with('\n')) text.remove_suffix(1);
    if (text.ends_with('\r')) text.remove_suffix(1);
    return text;
}

base::Result<Secret, IoError> parse_secret(std::string_view content, const std::string& path) {
    std::optional<base::Bytes> bytes = from_hex(without_line_end(content));
    if (!bytes || bytes->size() != secret_bytes) {
        return Unexpected{
            IoError{"read", path, 0,
                    "it does not hold 64 lower-case hexadecimal digits: restore it from a backup, or "
                    "remove it and start again to have a new one made (the old one's holders must then "
                    "log in again)"}};
    }
    return Secret(std::move(*bytes));
}

base::Result<Secret, IoError> load_secret(const std::string& path) {
    base::Result<std::string, IoError> content = read_private_file(path, file_bytes_max);
    if (!content) return Unexpected{content.error()};
    base::Result<Secret, IoError> secret = parse_secret(*content, path);
    OPENSSL_cleanse(content->data(), content->size());
    return secret;
}

/// Whether `text` is one piece shorter than period_min, over and over.
bool repeats_short_piece(std::string_view text) {
    for (std::size_t period = 1; period < period_min && period < text.size(); ++period) {
        if (text.substr(period) == text.substr(0, text.size() - period)) return true;
    }
    return false;
}

}  // namespace

Secret::~Secret() {
    wipe(bytes_);
}

Secret::Secret(Secret&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}

Secret& Secret::operator=(Secret&& other) noexcept {
    if (this != &other) {
        wipe(bytes_);
        bytes_ = std::exchange(other.bytes_, {});
    }
    return *this;
}

base::Result<Secret, IoError> load_or_create_secret(const std::string& path) {
    const std::string directory = std::filesystem::path(path).parent_path().string();
    if (auto made = ensure_private_directory(directory.empty() ? "." : directory); !made) {
        return Unexpected{made.error()};
    }
    base::Result<Secret, IoError> existing = load_secret(path);
    if (existing || existing.error().error_number != ENOENT) return existing;
    const auto created = create_private_file(path, random_token(secret_bytes) + "\n");
    // Another process may have been first; its secret is the one.
    if (!created && created.error().error_number != EEXIST) return Unexpected{created.error()};
    return load_secret(path);
}

base::Result<Secret, IoError> configured_secret(std::string_view text, const std::string& setting) {
    const auto refuse = [&](std::string why) {
        return Unexpected{IoError{"check", setting, 0,
                                  std::move(why) +
                                      ": use the output of `openssl rand -hex 32`, or leave the setting "
                                      "out to have a secret made"}};
    };
    if (text.size() < secret_bytes_min) return refuse("the secret has fewer than 32 bytes");
    if (std::set<char>(text.begin(), text.end()).size() < secret_variety_min) {
        return refuse("the secret has fewer than 8 different characters");
    }
    if (repeats_short_piece(text)) return refuse("the secret is a short piece repeated");
    const base::ByteView bytes = base::as_bytes(text);
    return Secret(base::Bytes(bytes.begin(), bytes.end()));
}

base::Result<OperatorToken, IoError> OperatorToken::load_or_create(const std::string& path) {
    base::Result<Secret, IoError> secret = load_or_create_secret(path);
    if (!secret) return Unexpected{secret.error()};
    return OperatorToken(std::move(*secret));
}

bool OperatorToken::matches(std::string_view presented) const {
    if (presented.size() != 2 * secret_bytes) return false;
    const std::optional<base::Bytes> bytes = from_hex(presented);
    return bytes && constant_time_equal(secret_.bytes(), *bytes);
}

base::Result<std::string, IoError> read_operator_token(const std::string& path) {
    const base::Result<Secret, IoError> secret = load_secret(path);
    if (!secret) return Unexpected{secret.error()};
    return to_hex(secret->bytes());
}

}  // namespace sauda::identity
