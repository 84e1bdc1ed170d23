#include "views/catalog.h"

#include <cstring>

#include "base/assert.h"
#include "core/event_reader.h"

namespace sauda::views {

std::size_t Catalog::UuidHash::operator()(const core::Uuid& uuid) const {
    std::uint64_t halves[2];
    static_assert(sizeof halves == sizeof uuid.bytes);
    std::memcpy(halves, uuid.bytes.data(), sizeof halves);
    return halves[0] ^ (halves[1] * 0x9E3779B97F4A7C15ull);
}

Catalog::Catalog(const core::ExchangeState& state)
    : last_(state.last.sequence), shard_(state.shard), listings_(state) {
    core::AccountId id = core::first_user_account;
    for (const core::AccountRecord& account : state.accounts) {
        add_account(id, account.user, account.frozen);
        ++id.raw;
    }
}

bool Catalog::apply(core::Sequence sequence, core::TimestampNs, base::ByteView events) {
    if (sequence <= last_) return true;
    last_ = sequence;
    return core::for_each_event(events, core::Overloaded{
                                            [this](const core::AccountOpened& event) {
                                                if (event.existed == 0)
                                                    add_account(event.account, event.user, false);
                                            },
                                            [this](const core::AccountStateChanged& event) {
                                                Account* found = account(event.account);
                                                if (found != nullptr) found->frozen = event.frozen != 0;
                                            },
                                            [this](const core::ShardNumbered& event) {
                                                shard_ = static_cast<std::uint8_t>(event.number);
                                            },
                                            [this](const auto& event) { listings_.apply(event); },
                                        });
}

core::AccountId Catalog::find_account(const core::Uuid& user) const {
    const auto found = by_user_.find(user);
    return found == by_user_.end() ? core::AccountId{} : found->second;
}

std::optional<core::Uuid> Catalog::find_user(core::AccountId id) const {
    const Account* found = account(id);
    if (found == nullptr) return std::nullopt;
    return found->user;
}

bool Catalog::is_frozen(core::AccountId id) const {
    const Account* found = account(id);
    return found != nullptr && found->frozen;
}

void Catalog::add_account(core::AccountId id, const core::Uuid& user, bool frozen) {
    ASSERT(id.raw == core::first_user_account.raw + accounts_.size());
    accounts_.push_back({user, frozen});
    by_user_.emplace(user, id);
}

Catalog::Account* Catalog::account(core::AccountId id) {
    return const_cast<Account*>(std::as_const(*this).account(id));
}

const Catalog::Account* Catalog::account(core::AccountId id) const {
    if (id < core::first_user_account) return nullptr;
    const std::size_t index = id.raw - core::first_user_account.raw;
    return index < accounts_.size() ? &accounts_[index] : nullptr;
}

}  // namespace sauda::views
