/// Sessions: logging in and out, and who presents a token. Users are in identity_service_users.cpp.
#include "identity/identity_service.h"

#include <algorithm>
#include <utility>

#include "identity/email.h"

namespace sauda::identity {
namespace {

using base::Unexpected;

constexpr std::size_t token_id_bytes = 16;
constexpr std::size_t note_bytes_max = 200;

std::int64_t to_seconds(std::int64_t now_ms) {
    return now_ms / 1000;
}

/// What a client says about itself, fit for lists and logs: short and printable ASCII.
std::string printable(std::string_view text) {
    std::string note(text.substr(0, note_bytes_max));
    std::replace_if(
        note.begin(), note.end(), [](char c) { return c < 0x20 || c > 0x7E; }, '?');
    return note;
}

Failure refuse_token(TokenError error) {
    return Failure{Refusal::bad_token, std::string(describe(error))};
}

}  // namespace

base::Result<std::unique_ptr<IdentityService>, base::IoError> IdentityService::open(
    IdentityConfig config, const Secret& token_secret, std::int64_t now_ms) {
    StoreResult<Store> store = Store::open(config.database);
    if (!store) return Unexpected{store.error().io};
    std::unique_ptr<IdentityService> service(
        new IdentityService(std::move(config), std::move(*store), token_secret));
    if (!service->config_.session_cache.authoritative) return service;
    StoreResult<std::vector<LiveSession>> sessions = service->store_.list_live_sessions(now_ms);
    if (!sessions) return Unexpected{sessions.error().io};
    for (LiveSession& session : *sessions) {
        service->cache_.admit(std::move(session), now_ms);
    }
    return service;
}

IdentityService::IdentityService(IdentityConfig config, Store store, const Secret& token_secret)
    : config_(std::move(config)),
      hasher_(config_.password_cost),
      store_(std::move(store)),
      signer_(token_secret.bytes()),
      verifier_(token_secret.bytes()),
      seal_(token_secret.bytes()),
      cache_(config_.session_cache),
      tickets_(config_.ticket_store ? config_.ticket_store : std::make_shared<Tickets>(config_.tickets)),
      throttle_by_peer_(config_.throttle_by_peer),
      throttle_by_email_(config_.throttle_by_email) {
    ASSERT(config_.session_lifetime_s > 0);
    ASSERT(config_.sessions_per_user_max > 0);
}

std::optional<Failure> IdentityService::check_throttle(const std::string& peer_key,
                                                       const std::string& email_key, std::int64_t now_ms) {
    std::int64_t wait_ms = throttle_by_peer_.begin_attempt(peer_key, now_ms);
    if (wait_ms == 0) wait_ms = throttle_by_email_.begin_attempt(email_key, now_ms);
    if (wait_ms == 0) return std::nullopt;
    Failure failure = make_failure(Refusal::too_many_attempts);
    failure.retry_after_ms = wait_ms;
    return failure;
}

bool IdentityService::check_password(const std::optional<User>& user, std::string_view password) const {
    if (user && user->password_hash) return hasher_.verify(*user->password_hash, password);
    hasher_.dummy_verify(password);
    return false;
}

IdentityService::Outcome<Login> IdentityService::login(const LoginAttempt& attempt, std::int64_t now_ms) {
    const std::optional<std::string> email = canonical_email(attempt.email);
    if (!email) return Unexpected{make_failure(Refusal::bad_credentials)};
    const std::string peer_key = *email + ' ' + attempt.peer;  // no email holds a space
    if (auto refused = check_throttle(peer_key, *email, now_ms)) return Unexpected{std::move(*refused)};
    Outcome<std::optional<Login>> login = verify_and_begin(*email, attempt, now_ms);
    // Nothing, when the hash changed between the check and the session. It may be the same password, hashed
    // anew by another login: once more tells.
    if (login && !*login) login = verify_and_begin(*email, attempt, now_ms);
    if (!login) {
        // Said only to whoever knows the password, so not a failed guess.
        if (login.error().refusal == Refusal::user_locked) forgive(peer_key, *email);
        return Unexpected{login.error()};
    }
    if (!*login) return Unexpected{make_failure(Refusal::bad_credentials)};
    forgive(peer_key, *email);
    return std::move(**login);
}

void IdentityService::forgive(const std::string& peer_key, const std::string& email_key) {
    throttle_by_peer_.succeeded(peer_key);
    throttle_by_email_.succeeded(email_key);
}

IdentityService::Outcome<std::optional<Login>> IdentityService::verify_and_begin(std::string_view email,
                                                                                 const LoginAttempt& attempt,
                                                                                 std::int64_t now_ms) {
    const Outcome<std::optional<User>> user = find_user_by_email(email);
    if (!user) return Unexpected{user.error()};
    if (!check_password(*user, attempt.password)) return Unexpected{make_failure(Refusal::bad_credentials)};
    if (!(*user)->is_active()) return Unexpected{make_failure(Refusal::user_locked)};
    const Outcome<std::string> hash = refresh_hash(**user, attempt.password);
    if (!hash) return Unexpected{hash.error()};
    return begin_session(**user, *hash, attempt, now_ms);
}

/// The hash that stands for the verified password in the store, made anew if the cost of hashing has changed.
IdentityService::Outcome<std::string> IdentityService::refresh_hash(const User& user,
                                                                    std::string_view password) {
    if (!hasher_.needs_rehash(*user.password_hash)) return *user.password_hash;
    std::string hash = hasher_.hash(password);
    const std::lock_guard lock(store_mutex_);
    const StoreResult<void> replaced = store_.replace_hash(user.user_id, *user.password_hash, hash);
    if (replaced) return hash;
    if (replaced.error().kind == StoreError::Kind::no_longer_valid) return *user.password_hash;
    return Unexpected{make_failure(replaced.error())};
}

/// Nothing when the user no longer has `verified_hash` or is no longer active.
IdentityService::Outcome<std::optional<Login>> IdentityService::begin_session(const User& user,
                                                                              std::string_view verified_hash,
                                                                              const LoginAttempt& attempt,
                                                                              std::int64_t now_ms) {
    const std::int64_t now_s = to_seconds(now_ms);
    const SessionRecord record{.token_id = random_token(token_id_bytes),
                               .user_id = user.user_id,
                               .issued_ms = now_ms,
                               .expires_ms = (now_s + config_.session_lifetime_s) * 1000,
                               .revoked_ms = std::nullopt,
                               .peer = printable(attempt.peer),
                               .user_agent = printable(attempt.user_agent)};
    std::vector<std::string> displaced;
    const StoreResult<SessionPointer> session = store_session(record, verified_hash, displaced, now_ms);
    cache_.revoke(displaced);
    if (session) return std::optional(Login{sign_token(**session, now_s), *session});
    if (session.error().kind == StoreError::Kind::no_longer_valid) return std::optional<Login>();
    return Unexpected{make_failure(session.error())};
}

/// Puts the session into the store and the cache, as one step for everyone else. `displaced` gets the token
/// ids of the user's oldest sessions when there were too many.
StoreResult<IdentityService::SessionPointer> IdentityService::store_session(
    const SessionRecord& record, std::string_view verified_hash, std::vector<std::string>& displaced,
    std::int64_t now_ms) {
    const std::lock_guard lock(store_mutex_);
    const StoreResult<void> created = store_.create_session(record, verified_hash);
    if (!created) return Unexpected{created.error()};
    StoreResult<std::vector<std::string>> oldest =
        store_.revoke_all_but_newest(record.user_id, config_.sessions_per_user_max, now_ms);
    if (!oldest) return Unexpected{oldest.error()};
    displaced = std::move(*oldest);
    // Read back rather than copied: the account may have been attached since the user was looked up.
    StoreResult<std::optional<LiveSession>> session = store_.find_live_session(record.token_id, now_ms);
    if (!session) return Unexpected{session.error()};
    if (!*session) return Unexpected{StoreError{StoreError::Kind::no_longer_valid}};
    return cache_.admit(std::move(**session), now_ms);
}

std::string IdentityService::sign_token(const LiveSession& session, std::int64_t now_s) {
    const Claims claims{.email = session.email,
                        .user_id = session.user_id,
                        .token_id = session.token_id,
                        .issued_at_s = now_s,
                        .expires_at_s = session.expires_ms / 1000};
    const std::lock_guard lock(signer_mutex_);
    return signer_.sign(claims);
}

IdentityService::Outcome<void> IdentityService::logout(const LiveSession& session, std::int64_t now_ms) {
    const Outcome<bool> ended = end_session(session.user_id, session.token_id, now_ms);
    if (!ended) return Unexpected{ended.error()};
    return {};
}

IdentityService::Outcome<bool> IdentityService::end_session(const Uuid& user_id, std::string_view token_id,
                                                            std::int64_t now_ms) {
    std::unique_lock lock(store_mutex_);
    const StoreResult<bool> ended = store_.revoke_session(user_id, token_id, now_ms);
    lock.unlock();  // the callback of the cache is not ours
    // Also when the store failed: whoever asked for the end gets as much of it as there is.
    cache_.revoke_one_of(user_id, token_id);
    if (!ended) return Unexpected{make_failure(ended.error())};
    return *ended;
}

IdentityService::Outcome<void> IdentityService::end_in_cache(StoreResult<std::vector<std::string>> ended) {
    if (!ended) return Unexpected{make_failure(ended.error())};
    cache_.revoke(*ended);
    return {};
}

IdentityService::Outcome<void> IdentityService::end_all_sessions(const Uuid& user_id, std::int64_t now_ms) {
    std::unique_lock lock(store_mutex_);
    StoreResult<std::vector<std::string>> ended = store_.revoke_all_for_user(user_id, now_ms);
    lock.unlock();
    return end_in_cache(std::move(ended));
}

IdentityService::Outcome<std::vector<SessionRecord>> IdentityService::list_sessions(const Uuid& user_id,
                                                                                    std::int64_t now_ms) {
    const std::lock_guard lock(store_mutex_);
    StoreResult<std::vector<SessionRecord>> sessions = store_.list_sessions(user_id, now_ms);
    if (!sessions) return Unexpected{make_failure(sessions.error())};
    return std::move(*sessions);
}

IdentityService::Outcome<IdentityService::SessionPointer> IdentityService::to_outcome(
    SessionCache::Answer answer, Refusal when_ended) const {
    switch (answer.kind) {
        case SessionCache::Answer::Kind::live:
            return std::move(answer.session);
        case SessionCache::Answer::Kind::ended:
            return Unexpected{make_failure(when_ended)};
        case SessionCache::Answer::Kind::unknown:
            return Unexpected{make_failure(Refusal::session_unknown)};
    }
    ASSERT(false);
}

IdentityService::Outcome<IdentityService::SessionPointer> IdentityService::authenticate(
    std::string_view token, std::int64_t now_ms) {
    const auto claims = verifier_.verify(token, to_seconds(now_ms));
    if (!claims) return Unexpected{refuse_token(claims.error())};
    return to_outcome(cache_.find((*claims)->token_id, now_ms), Refusal::session_ended);
}

IdentityService::Outcome<IdentityService::SessionPointer> IdentityService::refresh_session(
    std::string_view token, std::int64_t now_ms) {
    const auto claims = verifier_.verify(token, to_seconds(now_ms));
    if (!claims) return Unexpected{refuse_token(claims.error())};
    return look_up((*claims)->token_id, now_ms);
}

/// What the store says about a session; the cache knows it from then on.
IdentityService::Outcome<IdentityService::SessionPointer> IdentityService::look_up(
    const std::string& token_id, std::int64_t now_ms) {
    {
        const std::lock_guard lock(store_mutex_);
        StoreResult<std::optional<LiveSession>> session = store_.find_live_session(token_id, now_ms);
        if (!session) return Unexpected{make_failure(session.error())};
        if (*session) return cache_.admit(std::move(**session), now_ms);
    }
    cache_.remember_ended(token_id);  // it ended elsewhere: its WebSockets here learn of it now
    return Unexpected{make_failure(Refusal::session_ended)};
}

IdentityService::Outcome<void> IdentityService::recheck_sessions(const std::vector<std::string>& token_ids,
                                                                 std::int64_t now_ms) {
    std::unique_lock lock(store_mutex_);
    const StoreResult<std::vector<std::string>> ended = store_.find_ended_sessions(token_ids, now_ms);
    lock.unlock();
    if (!ended) return Unexpected{make_failure(ended.error())};
    for (const std::string& token_id : *ended) cache_.remember_ended(token_id);
    return {};
}

IdentityService::Outcome<void> IdentityService::sweep(std::int64_t now_ms) {
    cache_.expire(now_ms);
    const std::lock_guard lock(store_mutex_);
    const StoreResult<std::int64_t> deleted = store_.delete_expired_sessions(now_ms);
    if (!deleted) return Unexpected{make_failure(deleted.error())};
    return {};
}

bool IdentityService::was_good(std::string_view token, std::int64_t now_ms) {
    const auto claims = verifier_.verify(token, to_seconds(now_ms));
    return claims && cache_.holds((*claims)->token_id, now_ms);
}

bool IdentityService::trust_again(std::string_view token, std::int64_t now_ms) {
    const auto claims = verifier_.verify(token, to_seconds(now_ms));
    return claims && cache_.trust_again((*claims)->token_id, now_ms);
}

std::optional<std::string> IdentityService::token_id_of(std::string_view token, std::int64_t now_ms) {
    const auto claims = verifier_.verify(token, to_seconds(now_ms));
    return claims ? std::optional((*claims)->token_id) : std::nullopt;
}

std::optional<std::string> IdentityService::seal_session(std::string_view token, std::int64_t now_ms) {
    const auto claims = verifier_.verify(token, to_seconds(now_ms));
    if (!claims) return std::nullopt;
    const std::string& token_id = (*claims)->token_id;
    const SessionCache::Answer known = cache_.find(token_id, now_ms);
    if (known.kind != SessionCache::Answer::Kind::live) return std::nullopt;
    return seal_.seal(token_id, {known.read_ms, known.session->account_id, known.session->role});
}

bool IdentityService::admit_sealed(std::string_view token, std::string_view sealed, std::int64_t now_ms) {
    const auto claims = verifier_.verify(token, to_seconds(now_ms));
    if (!claims) return false;
    const Claims& who = **claims;
    const auto note = seal_.open(who.token_id, sealed);
    if (!note) return false;
    const SessionCache::Answer known = cache_.find(who.token_id, now_ms);
    if (known.kind == SessionCache::Answer::Kind::unknown) {
        cache_.admit(
            {who.token_id, who.user_id, note->account_id, who.email, note->role, who.expires_at_s * 1000},
            note->read_ms);
    }
    return cache_.find(who.token_id, now_ms).kind == SessionCache::Answer::Kind::live;
}

bool IdentityService::is_shared() const {
    return !config_.session_cache.authoritative || !tickets_->is_quick();
}

IdentityService::Outcome<std::string> IdentityService::issue_ticket(const LiveSession& session,
                                                                    std::int64_t now_ms) {
    const auto ticket = tickets_->issue({session.user_id, session.token_id}, now_ms);
    if (ticket) return *ticket;
    const bool has_failed = ticket.error() == TicketRefusal::store_failed;
    return Unexpected{make_failure(has_failed ? Refusal::storage_failed : Refusal::too_many_tickets)};
}

IdentityService::Outcome<IdentityService::SessionPointer> IdentityService::redeem_ticket(
    std::string_view ticket, std::int64_t now_ms) {
    const auto grant = tickets_->redeem(ticket, now_ms);
    if (!grant) return Unexpected{make_failure(Refusal::storage_failed)};
    if (!*grant) return Unexpected{make_failure(Refusal::bad_ticket)};
    const SessionCache::Answer known = cache_.find((*grant)->token_id, now_ms);
    if (known.kind != SessionCache::Answer::Kind::unknown) return to_outcome(known, Refusal::bad_ticket);
    Outcome<SessionPointer> found = look_up((*grant)->token_id, now_ms);
    const bool has_ended = !found && found.error().refusal == Refusal::session_ended;
    if (has_ended) return Unexpected{make_failure(Refusal::bad_ticket)};
    return found;
}

}  // namespace sauda::identity
