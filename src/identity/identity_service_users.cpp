/// Users: making, finding, locking them, and their passwords.
#include "identity/email.h"
#include "identity/identity_service.h"

namespace sauda::identity {
namespace {

using base::Unexpected;

template <class T>
base::Result<T, Failure> to_failure(StoreResult<T> result) {
    if (!result) return Unexpected{make_failure(result.error())};
    if constexpr (std::is_void_v<T>) {
        return {};
    } else {
        return std::move(*result);
    }
}

std::optional<Failure> check_new_password(std::string_view password) {
    const std::optional<PasswordWeakness> weakness = check_password_strength(password);
    if (!weakness) return std::nullopt;
    return Failure{Refusal::weak_password, std::string(describe(*weakness))};
}

}  // namespace

IdentityService::Outcome<User> IdentityService::register_user(std::string_view email,
                                                              std::string_view password,
                                                              std::int64_t now_ms) {
    return create_user(NewUser{std::string(email), std::string(password)}, now_ms);
}

IdentityService::Outcome<User> IdentityService::create_user(const NewUser& request, std::int64_t now_ms) {
    const std::optional<std::string> email = canonical_email(request.email);
    if (!email) return Unexpected{make_failure(Refusal::invalid_email)};
    if (request.password) {
        if (auto weak = check_new_password(*request.password)) return Unexpected{std::move(*weak)};
    }
    // Looked up before hashing, which costs more than everything else; the store decides who is first.
    const Outcome<std::optional<User>> holder = find_user_by_email(*email);
    if (!holder) return Unexpected{holder.error()};
    if (*holder) return Unexpected{make_failure(Refusal::email_taken)};
    User user{.user_id = random_uuid(),
              .email = *email,
              .password_hash = std::nullopt,
              .role = request.role,
              .account_id = std::nullopt,
              .is_demo = request.is_demo,
              .disabled = false,
              .lock_reason = std::nullopt,
              .created_ms = now_ms};
    if (request.password) user.password_hash = hasher_.hash(*request.password);
    const std::lock_guard lock(store_mutex_);
    const StoreResult<void> created = store_.create_user(user);
    if (!created) return Unexpected{make_failure(created.error())};
    return user;
}

IdentityService::Outcome<void> IdentityService::change_password(const LiveSession& session,
                                                                std::string_view old_password,
                                                                std::string_view new_password,
                                                                std::int64_t now_ms) {
    if (auto weak = check_new_password(new_password)) return Unexpected{std::move(*weak)};
    // Whoever holds a stolen token must not get unlimited guesses; the owner's logins are not slowed by them.
    const std::string key = session.user_id.text() + " change";
    if (auto refused = check_throttle(key, key, now_ms)) return Unexpected{std::move(*refused)};
    const Outcome<std::optional<User>> user = find_user(session.user_id);
    if (!user) return Unexpected{user.error()};
    if (!check_password(*user, old_password)) return Unexpected{make_failure(Refusal::bad_credentials)};
    forgive(key, key);
    const std::string hash = hasher_.hash(new_password);
    std::unique_lock lock(store_mutex_);
    StoreResult<std::vector<std::string>> ended =
        store_.set_password(session.user_id, *(*user)->password_hash, hash, session.token_id, now_ms);
    lock.unlock();
    return end_in_cache(std::move(ended));
}

IdentityService::Outcome<void> IdentityService::attach_account(const Uuid& user_id,
                                                               AccountNumber account_id) {
    const std::lock_guard lock(store_mutex_);
    const StoreResult<void> attached = store_.set_account_id(user_id, account_id);
    if (!attached) return Unexpected{make_failure(attached.error())};
    // Under the store's lock: a session admitted meanwhile has read the account already.
    cache_.set_account_id(user_id, account_id);
    return {};
}

IdentityService::Outcome<void> IdentityService::lock_user(const Uuid& user_id, std::string_view reason,
                                                          std::int64_t now_ms) {
    std::unique_lock lock(store_mutex_);
    StoreResult<std::vector<std::string>> ended = store_.lock_user(user_id, reason, now_ms);
    lock.unlock();
    return end_in_cache(std::move(ended));
}

IdentityService::Outcome<void> IdentityService::unlock_user(const Uuid& user_id) {
    const std::lock_guard lock(store_mutex_);
    return to_failure(store_.unlock_user(user_id));
}

IdentityService::Outcome<User> IdentityService::set_role(std::string_view email, Role role) {
    const Outcome<std::optional<User>> found = find_user_by_email(email);
    if (!found) return Unexpected{found.error()};
    if (!*found) return Unexpected{make_failure(Refusal::unknown_user)};
    User user = **found;
    if (user.is_demo && role != Role::trader) return Unexpected{make_failure(Refusal::demo_user)};
    const std::lock_guard lock(store_mutex_);
    const StoreResult<void> stored = store_.set_role(user.user_id, role);
    if (!stored) return Unexpected{make_failure(stored.error())};
    // Under the store's lock: a session admitted meanwhile has read the role already.
    cache_.set_role(user.user_id, role);
    user.role = role;
    return user;
}

IdentityService::Outcome<void> IdentityService::set_demo_users_enabled(bool enabled, std::int64_t now_ms) {
    std::unique_lock lock(store_mutex_);
    StoreResult<std::vector<std::string>> ended = store_.set_demo_users_enabled(enabled, now_ms);
    lock.unlock();
    return end_in_cache(std::move(ended));
}

IdentityService::Outcome<std::optional<User>> IdentityService::find_user(const Uuid& user_id) {
    const std::lock_guard lock(store_mutex_);
    return to_failure(store_.find_by_id(user_id));
}

IdentityService::Outcome<std::optional<User>> IdentityService::find_user_by_email(std::string_view email) {
    const std::optional<std::string> canonical = canonical_email(email);
    if (!canonical) return std::optional<User>();
    const std::lock_guard lock(store_mutex_);
    return to_failure(store_.find_by_email(*canonical));
}

IdentityService::Outcome<std::vector<Uuid>> IdentityService::list_users_without_account() {
    const std::lock_guard lock(store_mutex_);
    return to_failure(store_.list_users_without_account());
}

IdentityService::Outcome<std::vector<Store::UserAccount>> IdentityService::list_user_accounts() {
    const std::lock_guard lock(store_mutex_);
    return to_failure(store_.list_user_accounts());
}

}  // namespace sauda::identity
