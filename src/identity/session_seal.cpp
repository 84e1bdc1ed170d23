#include "identity/session_seal.h"

#include <array>
#include <charconv>

#include "base/assert.h"
#include "identity/base64url.h"

namespace sauda::identity {
namespace {

/// So that no code made for one purpose is good for the other.
Hs256 derived(base::ByteView token_secret) {
    ASSERT(token_secret.size() >= 32);
    return Hs256(Hs256(token_secret).sign("key of session notes"));
}

template <class Number>
std::optional<Number> number(std::string_view text) {
    Number value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool is_whole = error == std::errc() && end == text.data() + text.size();
    return is_whole ? std::optional(value) : std::nullopt;
}

/// The text before the next space, which goes with it.
std::string_view take_word(std::string_view& rest) {
    const std::string_view word = rest.substr(0, rest.find(' '));
    rest.remove_prefix(word.size() == rest.size() ? word.size() : word.size() + 1);
    return word;
}

std::optional<SessionNote> read_fields(std::string_view fields) {
    const auto read_ms = number<std::int64_t>(take_word(fields));
    const std::string_view account = take_word(fields);
    const auto account_id = number<AccountNumber>(account);
    const auto role = parse_role(fields);
    if (!read_ms || !role || (account != "-" && !account_id)) return std::nullopt;
    return SessionNote{*read_ms, account_id, *role};
}

}  // namespace

SessionSeal::SessionSeal(base::ByteView token_secret) : mac_(derived(token_secret)) {}

std::string SessionSeal::tag_of(std::string_view token_id, std::string_view fields) {
    std::string message = "session ";
    message += token_id;
    message += ' ';
    message += fields;
    const std::lock_guard lock(mutex_);
    return base64url_encode(mac_.sign(message));
}

std::string SessionSeal::seal(std::string_view token_id, const SessionNote& note) {
    std::string text = std::to_string(note.read_ms) + ' ';
    text += note.account_id ? std::to_string(*note.account_id) : "-";
    text += ' ';
    text += role_text(note.role);
    return text + ' ' + tag_of(token_id, text);
}

std::optional<SessionNote> SessionSeal::open(std::string_view token_id, std::string_view text) {
    const std::size_t last = text.rfind(' ');
    if (last == std::string_view::npos) return std::nullopt;
    const std::string_view fields = text.substr(0, last);
    const std::string_view tag = text.substr(last + 1);
    if (!constant_time_equal(base::as_bytes(tag), base::as_bytes(tag_of(token_id, fields))))
        return std::nullopt;
    return read_fields(fields);
}

}  // namespace sauda::identity
