/// A second exchange that must agree with the first: the same rules, written to be obviously right instead of
/// fast. It takes the same commands and tells the same events.
///
/// It shares types with core and no algorithm: open orders are one map that is searched from end to end, what
/// is held is a number on each order, fees are divided out in 128 bits, a taker's fills are planned before
/// any of them happens, and what a client order id asked for is kept as the request itself. Where both
/// exchanges agree over millions of random commands, a mistake would have to have been made twice, in two
/// ways.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "core/command.h"
#include "core/event_buffer.h"
#include "core/state.h"

namespace sauda::core::testing {

class Oracle {
public:
    /// One open order.
    struct Order {
        OrderId id;
        std::uint64_t arrival = 0;  ///< its place in time among all orders
        AccountId account;
        MarketId market;
        Side side{};
        OrderKind kind{};
        TimeInForce time_in_force{};
        bool post_only = false;
        std::size_t schedule = 0;  ///< of its market's fee schedules
        std::int64_t price = 0;
        std::int64_t quantity = 0;
        std::int64_t leaves = 0;
        Int128 held = 0;
        TimestampNs accepted;
        std::string client_order_id;
    };

    /// Applies `command` and appends what happened to `events`, as Exchange::apply does.
    void apply(const Command& command, Stamp stamp, EventBuffer& events);

    /// All but the gateways' windows, which are kept in another form here: `gateways` stays empty.
    ExchangeState state() const;

    /// What was sent to other shards and is not confirmed.
    std::vector<SendTransfer> pending_transfers() const;
    const std::map<std::uint64_t, Order>& open_orders() const { return orders_; }
    std::size_t market_count() const { return markets_.size(); }
    std::size_t asset_count() const { return assets_.size(); }
    std::size_t account_count() const { return accounts_.size(); }
    std::size_t lease_count() const { return leases_.size(); }
    const MarketSpec& spec(MarketId market) const { return markets_[market.raw - 1].spec; }

private:
    struct MarketBook {
        MarketSpec spec;
        MarketState state = MarketState::trading;
        std::vector<FeeRates> schedules;
        std::uint64_t trades = 0;
        std::uint64_t updates = 0;
    };
    struct Account {
        Uuid user;
        bool frozen = false;
        std::uint64_t sequence = 0;
    };
    /// An order on its way into the market. Bound by quote: `budget` says what may still be spent or earned.
    struct Incoming {
        Order order;
        std::optional<Int128> budget;
    };
    struct Fill {
        std::uint64_t maker = 0;
        std::int64_t price = 0;
        std::int64_t quantity = 0;
    };
    using Request = std::variant<PlaceOrder, AmendOrder, ReplaceOrder>;
    struct Memory {
        Request request;
        OrderId order;
        Sequence first;
        bool open = false;
        TimestampNs forgotten_from;
    };
    using Transfer = std::variant<Deposit, Withdraw, SendTransfer, ReceiveTransfer>;
    struct Moved {
        Transfer asked;
        Sequence first;
        Sequence confirmed;
    };
    struct Gateway {
        std::set<std::uint64_t> seen;
        std::uint64_t newest = 0;
        std::uint64_t last_spoke = 0;
    };

    void execute(const AdvanceTime&) {}
    void execute(const PlaceOrder& command);
    void execute(const CancelOrder& command);
    void execute(const CancelAll& command);
    void execute(const AmendOrder& command);
    void execute(const ReplaceOrder& command);
    void execute(const ListAsset& command);
    void execute(const ListMarket& command);
    void execute(const SetFees& command);
    void execute(const SetMarketState& command);
    void execute(const SetAssetState& command);
    void execute(const OpenAccount& command);
    void execute(const SetAccountState& command);
    void execute(const NumberShard& command);
    void execute(const Deposit& command);
    void execute(const Withdraw& command);
    void execute(const SendTransfer& command);
    void execute(const ReceiveTransfer& command);
    void execute(const ConfirmTransfer& command);
    void execute(const GrantLease& command);
    void execute(const RenewLeases& command);
    void execute(const EndLease& command);
    void execute(const RestartLeases& command);
    void execute(const LapseLeases& command);

    // Rules. RejectReason::none: nothing stands against it.
    bool answered_before(AccountId account, const ClientOrderId& id, const Request& request);
    RejectReason why_not_request(AccountId account, const ClientOrderId& id) const;
    RejectReason why_not_place(const PlaceOrder& command, const Order* replaced) const;
    RejectReason why_not_terms(const MarketBook& market, const PlaceOrder& command) const;
    RejectReason why_not_price(const MarketBook& market, std::int64_t price) const;
    RejectReason why_not_quantity(const MarketBook& market, std::int64_t quantity) const;
    RejectReason why_not_notional(const MarketBook& market, Int128 price, Int128 quantity) const;
    RejectReason why_not_market(const ListMarket& command) const;
    template <class Asked>
    RejectReason why_not_move(const Asked& asked, AccountId from, AccountId to) const;

    // Arithmetic.
    static Int128 divided_up(Int128 value, Int128 divisor);
    Int128 quote_of(const MarketBook& market, Int128 price, Int128 quantity) const;
    Int128 base_of(const MarketBook& market, Int128 quantity) const;
    Int128 hold_for(const Order& order, Int128 quantity) const;
    Int128 cost_of(const Incoming& taker, const Fill& fill) const;

    // Trading.
    Incoming incoming(const PlaceOrder& command) const;
    std::vector<const Order*> makers_for(const Order& taker) const;
    std::vector<Fill> plan(const Incoming& taker) const;
    std::int64_t affordable(const Incoming& taker, const Fill& fill) const;
    void accept(const PlaceOrder& command, const Request& request);
    void trade_and_rest(Incoming taker);
    void trade(Incoming& taker, const Fill& fill);
    void pay(const Trade& trade);
    void end(std::uint64_t id, EndCause cause);
    void close(const std::string& client_order_id, AccountId account);
    void end_all(AccountId account, MarketId market, EndCause cause);

    // Leases.
    using LeaseKey = std::pair<LeaseId, AccountId>;
    void fire_leases();
    /// The events of the lease that fell due first; 0: none is due.
    std::uint64_t fire_next_lease();
    void end_lease(LeaseKey key, LeaseEnd how);

    MarketBook& market(MarketId id) { return markets_[id.raw - 1]; }
    const MarketBook& market(MarketId id) const { return markets_[id.raw - 1]; }
    bool has_market(MarketId id) const { return id.raw >= 1 && id.raw <= markets_.size(); }
    bool has_asset(AssetId id) const { return id.raw >= 1 && id.raw <= assets_.size(); }
    bool has_account(AccountId id) const {
        return id.raw >= first_user_account.raw && id.raw < first_user_account.raw + accounts_.size();
    }
    Account& account(AccountId id) { return accounts_[id.raw - first_user_account.raw]; }
    const Account& account(AccountId id) const { return accounts_[id.raw - first_user_account.raw]; }
    AccountSequence next_sequence(AccountId id) { return {++account(id).sequence}; }
    UpdateId next_update(MarketId id) { return {++market(id).updates}; }
    Int128 available(AccountId account, AssetId asset) const;
    void move(AccountId from, AccountId to, AssetId asset, Int128 amount);
    AssetId paying_asset(const Order& order) const;
    const Order* own_order(AccountId account, OrderId id) const;

    bool is_redelivered(const Command& command);
    void forget_requests();
    /// Moves the money of a deposit, withdrawal, or transfer sent or received. False where it did not, and
    /// said why.
    template <class Asked>
    bool moves(const Asked& asked, AccountId from, AccountId to);
    template <class Asked>
    bool moved_before(const Asked& asked);
    Int128 supply(AssetId asset) const;
    void refuse(RejectReason reason, AccountId account, MarketId market, OrderId order = {});

    std::vector<AssetState> assets_;
    std::vector<MarketBook> markets_;
    std::vector<Account> accounts_;
    std::map<std::pair<AccountId, AssetId>, Int128> available_;
    std::map<std::uint64_t, Order> orders_;  // by id
    std::map<std::pair<AccountId, std::string>, Memory> requests_;
    /// By the shard that gave the reference (none: this one) and the reference.
    std::map<std::pair<std::string, std::string>, Moved> moved_;
    std::map<std::uint64_t, Gateway> gateways_;
    std::uint8_t shard_ = 0;
    struct Lease {
        std::int64_t span = 0;
        std::int64_t begun = 0;
        std::int64_t due() const { return begun + span; }
    };
    std::map<LeaseKey, Lease> leases_;
    std::uint64_t order_count_ = 0;
    std::uint64_t arrivals_ = 0;

    // The command being applied.
    Stamp now_;
    TimestampNs deadline_;
    EventBuffer* events_ = nullptr;
};

}  // namespace sauda::core::testing
