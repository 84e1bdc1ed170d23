#include "feed/private_event.h"

#include "core/event_reader.h"

namespace sauda::feed {

namespace {

/// Takes the events of one command apart.
class Collector {
public:
    Collector(core::TimestampNs time, std::vector<PrivateEvent>& out) : time_(time), out_(out) {}

    void operator()(const core::OrderAccepted& event) {
        taker_ = event.order;
        taker_kind_ = event.kind;
        taker_counts_quote_ = event.quote_quantity.raw != 0;
        put(event.account, event.account_sequence, event);
    }
    void operator()(const core::Trade& event) {
        const bool is_maker_done = event.maker_leaves.raw == 0;
        put(event.maker_account, event.maker_account_sequence,
            Fill{event, core::Liquidity::maker, core::OrderKind::limit, is_maker_done});
        // A taker that did not come in with this command was amended: only limit orders can be.
        const bool is_new = event.taker_order == taker_;
        const bool counts_quote = is_new && taker_counts_quote_;
        if (counts_quote) last_quote_fill_ = out_.size();
        put(event.taker_account, event.taker_account_sequence,
            Fill{event, core::Liquidity::taker, is_new ? taker_kind_ : core::OrderKind::limit,
                 !counts_quote && event.taker_leaves.raw == 0});
    }
    void operator()(const core::OrderEnded& event) {
        if (event.order == taker_) last_quote_fill_ = none;
        put(event.account, event.account_sequence, event);
    }
    void operator()(const core::OrderAmended& event) { put(event.account, event.account_sequence, event); }
    void operator()(const core::Transferred& event) { put(event.account, event.account_sequence, event); }
    void operator()(const core::TransferSent& event) { put(event.account, event.account_sequence, event); }
    void operator()(const core::TransferReceived& event) {
        put(event.account, event.account_sequence, event);
    }
    void operator()(const core::AccountStateChanged& event) {
        put(event.account, event.account_sequence, event);
    }
    template <class E>
    void operator()(const E&) {}

    /// An order that counts quote is filled whole by its last trade, unless it ended with money left.
    void finish() {
        if (last_quote_fill_ != none) std::get<Fill>(out_[last_quote_fill_].body).is_last = true;
    }

private:
    static constexpr std::size_t none = SIZE_MAX;

    template <class E>
    void put(core::AccountId account, core::AccountSequence sequence, const E& event) {
        out_.push_back({account, sequence, time_, event});
    }

    core::TimestampNs time_;
    std::vector<PrivateEvent>& out_;
    core::OrderId taker_;
    core::OrderKind taker_kind_{};
    bool taker_counts_quote_ = false;
    std::size_t last_quote_fill_ = none;
};

}  // namespace

bool collect_private_events(const codec::EventFrameView& frame, std::vector<PrivateEvent>& out) {
    Collector collector(frame.header.time, out);
    const bool well_formed = core::for_each_event(frame.events, collector);
    collector.finish();
    return well_formed;
}

}  // namespace sauda::feed
