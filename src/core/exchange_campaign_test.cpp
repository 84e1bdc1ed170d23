/// The exchange against the oracle: random commands, every event compared. SAUDA_CAMPAIGN=n runs n commands
/// per seed instead of the short default; SAUDA_SEED=s starts at another seed.
#include <cstdlib>
#include <deque>

#include <gtest/gtest.h>

#include "core/event_reader.h"
#include "core/exchange.h"
#include "core/invariants.h"
#include "core/testing/describe.h"
#include "core/testing/oracle.h"
#include "core/testing/random_commands.h"

namespace sauda::core::testing {
namespace {

std::uint64_t setting(const char* name, std::uint64_t otherwise) {
    const char* text = std::getenv(name);
    return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

/// The same events, each in a record of its own: the exchange tells of some in pairs, the oracle of none.
EventBuffer one_record_each(const EventBuffer& events) {
    EventBuffer plain;
    const bool is_sound = for_each_event(events.bytes(), [&](const auto& event) { plain.append(event); });
    EXPECT_TRUE(is_sound);
    return plain;
}

/// One seed's way. Stops at the first difference and says how it got there.
class Campaign {
public:
    explicit Campaign(std::uint64_t seed) : seed_(seed), commands_(seed, oracle_) {}

    /// False after a difference.
    bool run(std::uint64_t count) {
        for (std::uint64_t i = 1; i <= count; ++i) {
            if (!step()) return false;
            if (i % 5000 == 0 && !restart()) return false;
        }
        return restart();
    }
    std::uint64_t trades() const { return trades_; }
    const std::set<RejectReason>& refusals() const { return refusals_; }

private:
    bool step() {
        const auto [command, stamp] = commands_.next();
        history_.push_back(describe(command, stamp));
        if (history_.size() > 12) history_.pop_front();
        EventBuffer expected, got;
        oracle_.apply(command, stamp, expected);
        exchange_.prefetch({&command, 1}, 0);
        exchange_.apply(command, stamp, got);
        count(got);
        const EventBuffer plain = one_record_each(got);
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

    void count(const EventBuffer& events) {
        for_each_event(events.bytes(),
                       Overloaded{[&](const Trade&) { ++trades_; },
                                  [&](const Refused& e) { refusals_.insert(e.reason); }, [](const auto&) {}});
    }

    bool fail(const std::string& what) {
        std::string before;
        for (const std::string& line : history_) before += line + "\n";
        ADD_FAILURE() << "seed " << seed_ << ": " << what << "\nafter\n" << before;
        return false;
    }

    std::uint64_t seed_;
    Oracle oracle_;
    Exchange exchange_;
    RandomCommands commands_;
    std::deque<std::string> history_;
    std::uint64_t trades_ = 0;
    std::set<RejectReason> refusals_;
};

TEST(ExchangeCampaign, RandomCommandsHaveTheOutcomeThatTheOracleSays) {
    const std::uint64_t first = setting("SAUDA_SEED", 1);
    const std::uint64_t count = setting("SAUDA_CAMPAIGN", 12'000);
    std::uint64_t trades = 0;
    std::set<RejectReason> refusals;
    for (std::uint64_t seed = first; seed < first + 25; ++seed) {
        Campaign campaign(seed);
        if (!campaign.run(count)) return;
        trades += campaign.trades();
        refusals.insert(campaign.refusals().begin(), campaign.refusals().end());
    }
    // What random commands rarely reach proves nothing: they must have traded, and been refused in most ways.
    EXPECT_GT(trades, 25 * count / 10);
    EXPECT_GE(refusals.size(), 30u);
    RecordProperty("trades", std::to_string(trades));
    std::printf("%llu trades, %zu kinds of refusal\n", static_cast<unsigned long long>(trades),
                refusals.size());
}

}  // namespace
}  // namespace sauda::core::testing
