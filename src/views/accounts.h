/// Balances and orders of every account, folded from events alone: an independent second opinion on the
/// ledger, and what private reads are answered from.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <unordered_map>
#include <vector>

#include "base/bytes.h"
#include "core/event.h"
#include "core/state.h"
#include "core/types/ids.h"
#include "core/types/order.h"
#include "core/types/text.h"
#include "core/types/timestamp.h"
#include "core/types/units.h"
#include "views/listings.h"
#include "views/pending_transfers.h"

namespace sauda::views {

struct BalanceView {
    core::AssetId asset;
    core::Amount available;
    core::Amount held;
    friend bool operator==(const BalanceView&, const BalanceView&) = default;
};

/// One order as its owner sees it.
struct OrderView {
    core::OrderId id;
    core::AccountId account;
    core::MarketId market;
    core::ClientOrderId client_order_id;
    core::Side side{};
    core::OrderKind kind{};
    core::TimeInForce time_in_force{};
    bool post_only = false;
    core::OrderStatus status{};
    core::EndCause end_cause{};  ///< means something when status is canceled or expired
    core::PriceTicks price;      ///< zero on market orders
    core::QuantityLots quantity;
    core::QuantityLots filled;
    core::QuantityLots leaves;    ///< open quantity; zero once final
    core::Amount quote_quantity;  ///< of an order bound by quote: what it may spend or earn
    core::Amount quote_used;      ///< of that: notional, a buyer's fee in quote included
    /// Notional of its fills that this view has seen. May exceed what exists: money that comes back is paid
    /// again.
    core::Int128 filled_quote = 0;
    /// False when the order came from a snapshot with fills already made: filled_quote lacks those.
    bool filled_quote_complete = true;
    core::FeeRates fees;
    core::TimestampNs created;
    core::TimestampNs updated;

    bool is_open() const {
        return status == core::OrderStatus::accepted || status == core::OrderStatus::partially_filled;
    }
};

/// How much the view remembers of closed orders; older ones are history's.
struct AccountsLimits {
    std::size_t closed_orders_max = 200'000;  ///< of all accounts together
    std::size_t closed_orders_per_account_max = 1'000;
    /// Amendments of partly filled orders, of all accounts together: see quote_before_amend.
    std::size_t amendments_max = 100'000;
};

/// Threads: one owner at a time. Pointers are valid until the next apply.
class AccountsView {
public:
    explicit AccountsView(AccountsLimits limits = {});
    /// What `state` holds; closed orders and fills before it are not known.
    explicit AccountsView(const core::ExchangeState& state, AccountsLimits limits = {});

    /// Folds the events of one command. A sequence at or below last() changes nothing.
    /// False where the bytes are not events of this version; what came before them is folded.
    /// Requires: no sequence is left out.
    bool apply(core::Sequence sequence, core::TimestampNs time, base::ByteView events);
    core::Sequence last() const { return last_; }

    /// Also of the exchange's own accounts. Zero when there is none.
    BalanceView balance(core::AccountId account, core::AssetId asset) const;
    /// Those that are not zero, in the order of asset ids.
    std::vector<BalanceView> balances(core::AccountId account) const;
    /// Above every account that anything is known of.
    core::AccountId end_account() const { return {static_cast<std::uint32_t>(accounts_.size())}; }
    /// Of the account's last private event.
    core::AccountSequence account_sequence(core::AccountId account) const;

    /// The order, open or remembered closed, if `account` owns it; null otherwise.
    const OrderView* find_order(core::AccountId account, core::OrderId id) const;
    /// The newest order that bore `client_order_id`.
    const OrderView* find_order(core::AccountId account, const core::ClientOrderId& client_order_id) const;

    /// Open orders above `after` in the order of their ids; market zero: of all markets.
    std::vector<const OrderView*> open_orders(core::AccountId account, core::MarketId market,
                                              std::size_t limit, core::OrderId after = {}) const;
    /// Remembered closed orders, most recently closed first; those closed after `before` left out (zero:
    /// none).
    std::vector<const OrderView*> closed_orders(core::AccountId account, core::MarketId market,
                                                std::size_t limit, core::OrderId before = {}) const;
    std::size_t open_order_count() const { return open_order_count_; }
    std::size_t open_order_count(core::AccountId account) const;

    /// The notional of what an order's fills were before the command at `amended` amended it: what its report
    /// tells, then and when it is asked for again. Nothing where the view does not know it: no partly filled
    /// order was amended there, the order had fills before a snapshot, or it was too long ago.
    std::optional<core::Int128> quote_before_amend(core::Sequence amended) const;

    /// What was sent to other shards and is not confirmed.
    const PendingTransfers& pending_transfers() const { return pending_transfers_; }

    const Listings& listings() const { return listings_; }

private:
    friend class CheckpointAccess;

    struct Account {
        std::vector<BalanceView> balances;  // by asset index (id - 1), as far as used
        core::AccountSequence sequence;
        std::set<core::OrderId> open;
        std::deque<core::OrderId> closed;  // oldest first
    };
    struct ClientKey {
        core::AccountId account;
        core::ClientOrderId id;
        friend bool operator==(const ClientKey&, const ClientKey&) = default;
    };
    struct ClientKeyHash {
        std::size_t operator()(const ClientKey& key) const;
    };
    struct OrderIdHash {
        std::size_t operator()(core::OrderId id) const { return std::hash<std::uint64_t>{}(id.raw); }
    };

    void fold(const core::OrderAccepted& event);
    void fold(const core::OrderRested& event);
    void fold(const core::Trade& event);
    void fold(const core::OrderEnded& event);
    void fold(const core::OrderAmended& event);
    void fold(const core::Transferred& event);
    void fold(const core::TransferSent& event);
    void fold(const core::TransferReceived& event);
    void fold(const core::TransferConfirmed& event);
    void fold(const core::AccountStateChanged& event);
    template <class E>
    void fold(const E&) {}

    void add_open_order(const core::OrderRecord& record);
    void settle(const core::Trade& event, const core::Market& market);
    void charge(core::AccountId account, core::Amount fee, core::AssetId asset);
    void fill(OrderView& order, const core::Trade& event);
    void open(const OrderView& order);
    void close(OrderView& order, core::OrderStatus status);
    void forget(core::OrderId id);
    void close_quote_bound();
    void remember_quote(const OrderView& amended);

    Account& account(core::AccountId id);
    const Account* find(core::AccountId id) const;
    BalanceView& balance_of(core::AccountId account, core::AssetId asset);
    void release(core::AccountId account, core::AssetId asset, core::Amount released);
    void saw(core::AccountId account, core::AccountSequence sequence);
    OrderView& order(core::OrderId id);
    const core::Market& market(core::MarketId id) const;

    AccountsLimits limits_;
    core::Sequence last_;
    core::TimestampNs now_;  // of the command being folded
    Listings listings_;
    std::vector<Account> accounts_;  // by account id
    std::unordered_map<core::OrderId, OrderView, OrderIdHash> orders_;
    std::unordered_map<ClientKey, core::OrderId, ClientKeyHash> by_client_id_;
    std::deque<core::OrderId> closed_;  // of all accounts, oldest first; may name orders already forgotten
    std::unordered_map<std::uint64_t, core::Int128> quote_before_amend_;  // by sequence
    std::deque<core::Sequence> amended_;                                  // the keys of it, oldest first
    PendingTransfers pending_transfers_;
    core::OrderId quote_bound_;  // the order of this command that is bound by quote, if any
    std::size_t open_order_count_ = 0;
};

}  // namespace sauda::views
