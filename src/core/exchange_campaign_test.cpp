/// The exchange against the oracle: random commands, every event compared. SAUDA_CAMPAIGN=n runs n commands
/// per seed instead of the short default; SAUDA_SEED=s starts at another seed.
#include <cstdlib>
#include <deque>
#include <set>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "core/event_reader.h"
#include "core/exchange.h"
#include "core/invariants.h"
#include "core/testing/describe.h"
#include "core/testing/event_frames.h"
#include "core/testing/oracle.h"
#include "core/testing/random_commands.h"

namespace sauda::core::testing {
namespace {

std::uint64_t setting(const char* name, std::uint64_t otherwise) {
    const char* text = std::getenv(name);
    return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

/// The same events, each in a record of its own: the exchange tells of some in pairs, the oracle of none.
EventBuffer one_record_each(base::ByteView events) {
    EventBuffer plain;
    EXPECT_TRUE(for_each_event(events, [&](const auto& event) { plain.append(event); }));
    return plain;
}

/// The same of events in frames, which are of the commands of `batch` in turn.
EventBuffer one_record_each(base::ByteView frames, std::span<const Command> batch, Stamp stamp,
                            const FrameOrigin& origin) {
    EventBuffer plain;
    std::size_t count = 0;
    for_each_frame(frames, [&](const EventFrameHeader& header, base::ByteView events) {
        ASSERT_LT(count, batch.size());
        const EventFrameHeader wanted{header.size,    origin.rules_version, origin.engine_epoch,
                                      stamp.sequence, stamp.time,           batch[count].id};
        EXPECT_EQ(header, wanted);
        EXPECT_TRUE(for_each_event(events, [&](const auto& event) { plain.append(event); }));
        ++stamp.sequence.raw;
        ++count;
    });
    EXPECT_EQ(count, batch.size());
    return plain;
}

/// What random commands came to. What they rarely reach, agreement proves nothing about.
struct Reached {
    std::uint64_t trades = 0;
    std::uint64_t self_trades = 0;
    std::uint64_t trades_of_received = 0;  ///< with fees in what is received, a rebate among them
    std::uint64_t amendments_that_trade = 0;
    std::uint64_t amendments_that_move = 0;
    std::uint64_t quote_bound_with_id = 0;  ///< market orders with both parts behind their record
    std::uint64_t most_lots = 0;            ///< orders of the most quantity units there are
    std::uint64_t transfers_sent = 0;
    std::uint64_t transfers_received = 0;
    std::uint64_t transfers_confirmed = 0;
    std::uint64_t lapses = 0;
    std::uint64_t ends_by_lease = 0;  ///< orders that went with a lease
    std::set<std::size_t> client_id_sizes;
    std::set<RejectReason> refusals;

    void count(const EventBuffer& events) {
        bool is_amended = false;
        const auto note = Overloaded{
            [&](const Trade& e) {
                ++trades;
                self_trades += e.maker_account == e.taker_account ? 1 : 0;
                trades_of_received += e.fee_asset == FeeAsset::received ? 1 : 0;
                amendments_that_trade += std::exchange(is_amended, false) ? 1 : 0;
            },
            [&](const OrderAccepted& e) {
                client_id_sizes.insert(e.client_order_id.view().size());
                const bool is_named = !e.client_order_id.empty();
                quote_bound_with_id += e.quote_quantity.raw != 0 && is_named ? 1 : 0;
                most_lots += e.quantity.raw == order_quantity_max ? 1 : 0;
            },
            [&](const OrderAmended& e) { is_amended = e.lost_priority != 0; },
            [&](const OrderRested&) { amendments_that_move += std::exchange(is_amended, false) ? 1 : 0; },
            [&](const TransferSent&) { ++transfers_sent; },
            [&](const TransferReceived&) { ++transfers_received; },
            [&](const TransferConfirmed&) { ++transfers_confirmed; },
            [&](const Refused& e) { refusals.insert(e.reason); },
            [&](const LeaseEnded& e) { lapses += e.how == LeaseEnd::lapsed ? 1 : 0; },
            [&](const OrderEnded& e) { ends_by_lease += is_of_lease(e.cause) ? 1 : 0; },
            [](const auto&) {}};
        for_each_event(events.bytes(), note);
    }
    void add(const Reached& more) {
        trades += more.trades;
        self_trades += more.self_trades;
        trades_of_received += more.trades_of_received;
        amendments_that_trade += more.amendments_that_trade;
        amendments_that_move += more.amendments_that_move;
        quote_bound_with_id += more.quote_bound_with_id;
        most_lots += more.most_lots;
        transfers_sent += more.transfers_sent;
        transfers_received += more.transfers_received;
        transfers_confirmed += more.transfers_confirmed;
        lapses += more.lapses;
        ends_by_lease += more.ends_by_lease;
        client_id_sizes.insert(more.client_id_sizes.begin(), more.client_id_sizes.end());
        refusals.insert(more.refusals.begin(), more.refusals.end());
    }
};

/// One seed's way. Stops at the first difference and says how it got there.
class Campaign {
public:
    explicit Campaign(std::uint64_t seed) : seed_(seed), random_(seed), commands_(seed, oracle_) {}

    /// False after a difference.
    bool run(std::uint64_t count) {
        std::uint64_t restarted = 0;
        for (std::uint64_t done = 0; done < count;) {
            const std::size_t size = random_.below(4) == 0 ? 1 + random_.below(40) : 1;
            if (!apply(size)) return false;
            done += size;
            if (done - restarted < 5000) continue;
            if (!restart()) return false;
            restarted = done;
        }
        return restart();
    }
    const Reached& reached() const { return reached_; }

private:
    EventBuffer apply_plain(std::span<const Command> batch, Stamp first) {
        EventBuffer events;
        exchange_.apply_batch(batch, first, events);
        return one_record_each(events.bytes());
    }
    EventBuffer apply_framed(std::span<const Command> batch, Stamp first) {
        const FrameOrigin origin{7, random_.next()};
        EventBuffer frames;
        exchange_.apply_batch(batch, first, origin, frames);
        return one_record_each(frames.bytes(), batch, first, origin);
    }

    /// So many commands at once, at the time of the first.
    bool apply(std::size_t size) {
        std::vector<Command> batch;
        Stamp first;
        EventBuffer expected;
        while (batch.size() < size) {
            auto [command, stamp] = commands_.next();
            if (batch.empty()) first = stamp;
            stamp.time = first.time;
            history_.push_back(describe(command, stamp));
            if (history_.size() > 12) history_.pop_front();
            oracle_.apply(command, stamp, expected);
            batch.push_back(command);
        }
        const EventBuffer plain =
            random_.below(2) == 0 ? apply_plain(batch, first) : apply_framed(batch, first);
        reached_.count(plain);
        if (!std::ranges::equal(expected.bytes(), plain.bytes()))
            return fail(first_difference(describe_events(expected.bytes()), describe_events(plain.bytes())));
        if (const auto violation = check_invariants(exchange_)) return fail(*violation);
        return true;
    }

    /// The state is what the oracle believes; an exchange made from it has the same one and goes on.
    bool restart() {
        const ExchangeState state = exchange_.state();
        ExchangeState believed = oracle_.state();
        believed.gateways = state.gateways;
        const std::string text = describe(state);
        if (const auto found = first_difference(describe(believed), text); !found.empty())
            return fail("the state is another: " + found);
        exchange_ = Exchange(state);
        if (const auto found = first_difference(text, describe(exchange_.state())); !found.empty())
            return fail("a restart changed the state: " + found);
        return true;
    }

    bool fail(const std::string& what) {
        std::string before;
        for (const std::string& line : history_) before += line + "\n";
        ADD_FAILURE() << "seed " << seed_ << ": " << what << "\nafter\n" << before;
        return false;
    }

    std::uint64_t seed_;
    base::Random random_;
    Oracle oracle_;
    Exchange exchange_;
    RandomCommands commands_;
    std::deque<std::string> history_;
    Reached reached_;
};

TEST(ExchangeCampaign, RandomCommandsHaveTheOutcomeThatTheOracleSays) {
    const std::uint64_t first = setting("SAUDA_SEED", 1);
    const std::uint64_t count = setting("SAUDA_CAMPAIGN", 12'000);
    Reached all;
    for (std::uint64_t seed = first; seed < first + 25; ++seed) {
        Campaign campaign(seed);
        if (!campaign.run(count)) return;
        all.add(campaign.reached());
    }
    EXPECT_GT(all.trades, 25 * count / 10);
    EXPECT_GT(all.self_trades, count / 10);
    EXPECT_GT(all.trades_of_received, count / 2);
    EXPECT_GT(all.amendments_that_trade, count / 50);
    EXPECT_GT(all.amendments_that_move, count / 50);
    EXPECT_GT(all.quote_bound_with_id, count / 50);
    EXPECT_GT(all.most_lots, 0u);
    EXPECT_GT(all.lapses, count / 50);
    EXPECT_GT(all.ends_by_lease, count / 10);
    EXPECT_GT(all.transfers_sent, count / 20);
    EXPECT_GT(all.transfers_received, count / 20);
    EXPECT_GT(all.transfers_confirmed, count / 100);
    EXPECT_EQ(all.client_id_sizes.size(), client_order_id_size_max + 1) << "one of none, and every length";
    EXPECT_GE(all.refusals.size(), 35u);
    RecordProperty("trades", std::to_string(all.trades));
    std::printf(
        "%llu trades, %llu with oneself, %llu with fees in what is received, %llu amendments that trade, "
        "%llu "
        "that move, %llu quote-bound with an id, %llu of the most lots, %llu sent to other shards, %llu "
        "received, "
        "%llu confirmed, %llu lapsed leases, %llu orders that went with one, %zu kinds of refusal\n",
        static_cast<unsigned long long>(all.trades), static_cast<unsigned long long>(all.self_trades),
        static_cast<unsigned long long>(all.trades_of_received),
        static_cast<unsigned long long>(all.amendments_that_trade),
        static_cast<unsigned long long>(all.amendments_that_move),
        static_cast<unsigned long long>(all.quote_bound_with_id),
        static_cast<unsigned long long>(all.most_lots), static_cast<unsigned long long>(all.transfers_sent),
        static_cast<unsigned long long>(all.transfers_received),
        static_cast<unsigned long long>(all.transfers_confirmed), static_cast<unsigned long long>(all.lapses),
        static_cast<unsigned long long>(all.ends_by_lease), all.refusals.size());
}

/// `state` with accounts and markets beyond those that random commands name: so many that what a command
/// touches is taken to be far away, and looked at ahead.
ExchangeState with_far_data(ExchangeState state) {
    for (std::uint32_t i = 0; i < 9'000; ++i) {
        AccountRecord account;
        account.user.bytes = {1, static_cast<std::uint8_t>(i >> 8), static_cast<std::uint8_t>(i)};
        state.accounts.push_back(account);
    }
    const MarketStateRecord like = state.markets.front();
    for (int i = 0; i < 1'100; ++i) {
        state.markets.push_back(like);
        state.markets.back().spec.name = MarketName("FAR" + std::to_string(i));
    }
    return state;
}

TEST(ExchangeCampaign, LookingAheadInBatchesOfAnySizeChangesNothing) {
    base::Random random(setting("SAUDA_SEED", 1));
    Oracle oracle;
    RandomCommands commands(random.next(), oracle);
    EventBuffer unused;
    for (int i = 0; i < 100; ++i) {
        const auto [command, stamp] = commands.next();
        oracle.apply(command, stamp, unused);
    }
    const ExchangeState start = with_far_data(oracle.state());
    Exchange looks(start);
    Exchange looks_not(start);
    const std::uint64_t count = setting("SAUDA_CAMPAIGN", 12'000);
    for (std::uint64_t done = 0; done < count;) {
        std::vector<Command> batch;
        Stamp stamp_of_last;
        for (std::uint64_t left = 1 + random.below(150); left > 0; --left) {
            const auto [command, stamp] = commands.next();
            oracle.apply(command, stamp, unused);
            unused.clear();
            batch.push_back(command);
            stamp_of_last = stamp;
        }
        EventBuffer got, wanted;
        ASSERT_TRUE(looks.would_look_ahead());
        Stamp stamp{{looks.last().sequence.raw + 1}, stamp_of_last.time};
        looks.apply_batch(batch, stamp, got);
        for (const Command& command : batch) {
            looks_not.apply(command, stamp, wanted);
            ++stamp.sequence.raw;
        }
        ASSERT_TRUE(std::ranges::equal(got.bytes(), wanted.bytes())) << "after " << done << " commands";
        done += batch.size();
        if (random.below(20) == 0) looks = Exchange(looks.state());
    }
    EXPECT_EQ(describe(looks.state()), describe(looks_not.state()));
    EXPECT_FALSE(check_invariants(looks));
}

}  // namespace
}  // namespace sauda::core::testing
