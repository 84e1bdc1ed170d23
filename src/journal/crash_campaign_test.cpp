/// Thousands of rounds of append, sync, roll over, stop, kill, power loss and recovery on a disk that
/// forgets.
///
/// After every recovery:
/// - everything acknowledged is there, unaltered and in order;
/// - what else is there is a prefix of what was appended after it;
/// - recovery never refuses: power loss alone must not keep an engine down.
#include <gtest/gtest.h>

#include "base/random.h"
#include "journal/testing/forgetful_disk.h"
#include "journal/testing/sample_journal.h"

namespace sauda::journal {
namespace {

using namespace testing;

struct Campaign {
    Durability durability = Durability::fdatasync;
    bool lying = false;             ///< the disk says that it synced and did not
    bool power_loss = true;         ///< otherwise only the process dies
    bool failing_syncs = false;     ///< now and then a sync fails
    bool promises_nothing = false;  ///< only rollovers and clean stops count as acknowledged
};

/// What a campaign saw. `violations` counts broken promises; the rest shows that it went where it should.
struct Tally {
    std::uint64_t violations = 0;
    std::uint64_t torn = 0;
    std::uint64_t rewritten = 0;
    std::uint64_t failed_writers = 0;
    std::uint64_t clean_stops = 0;
    std::uint64_t rollovers = 0;
    std::uint64_t interrupted_recoveries = 0;
    std::uint64_t acknowledged = 0;
    std::string first_violation;
};

class Exchange {
public:
    Exchange(std::uint64_t seed, const Campaign& campaign, Tally& tally)
        : random_(seed), campaign_(campaign), tally_(tally) {
        EXPECT_TRUE(disk_.make_directory("/journal"));
        disk_.set_lying(campaign.lying);
    }

    /// One life: start, serve, die.
    bool live() {
        if (!start()) return false;
        serve();
        die();
        return true;
    }

private:
    bool start() {
        maybe_interrupt_recovery();
        const auto recovered = recover(disk_, "/journal", sample_recover_config(complete_through()));
        if (!recovered) return violated(recovered.error().message());
        const std::uint64_t last = recovered->next_sequence - 1;
        if (last < acknowledged_) return violated("lost acknowledged sequences");
        if (last > appended_) return violated("made sequences up");
        const auto back = read_back(disk_, "/journal");
        if (!back) return violated(back.error().message());
        if (back->last_sequence != last || back->altered_records > 0 || !back->contiguous)
            return violated("altered");
        tally_.torn += recovered->torn.has_value();
        tally_.rewritten += recovered->rewritten;
        // What was found is served from, so from here on it is as good as acknowledged.
        acknowledged_ = appended_ = last;
        WriterConfig config = sample_writer_config(segment_header_size + 512 + random_.below(8) * 512);
        config.durability = campaign_.durability;
        auto writer = Writer::open(disk_, "/journal", config, last + 1);
        if (!writer) return violated(writer.error().message());
        writer_ = std::move(*writer);
        return true;
    }

    /// Recovery has to survive dying in its middle: at some sync of its own the disk fails, and then power is
    /// lost.
    void maybe_interrupt_recovery() {
        if (!campaign_.failing_syncs || random_.chance(2, 3)) return;
        disk_.fail_sync_in(1 + random_.below(4));
        const auto recovered = recover(disk_, "/journal", sample_recover_config(complete_through()));
        disk_.fail_sync_in(0);
        if (recovered) return;
        ++tally_.interrupted_recoveries;
        die();
    }

    /// Sometimes the event log survived and says how far the journal was complete; sometimes it did not.
    std::uint64_t complete_through() { return random_.chance(1, 3) ? acknowledged_ : 0; }

    void serve() {
        const std::uint64_t steps = random_.below(25);
        if (campaign_.failing_syncs && random_.chance(1, 3)) disk_.fail_sync_in(1 + random_.below(10));
        for (std::uint64_t i = 0; i < steps && !writer_->failed(); ++i) {
            if (random_.chance(1, 8)) {
                (void)writer_->prepare_next().has_value();
            } else if (random_.chance(2, 5)) {
                sync();
            } else {
                append();
            }
        }
        tally_.failed_writers += writer_->failed();
        if (!writer_->failed() && random_.chance(1, 6)) stop_cleanly();
        disk_.fail_sync_in(0);
    }

    void append() {
        base::Bytes group;
        std::uint64_t next = writer_->appended_sequence() + 1;
        for (std::uint64_t batches = 1 + random_.below(4); batches > 0; --batches) {
            const std::uint64_t count = 1 + random_.below(12);
            encode_sample(next, count, group);
            next += count;
        }
        appended_ = next - 1;
        const std::size_t segments = segment_count();
        (void)writer_->append(group).has_value();
        const auto places = list_segments(disk_, "/journal", SegmentKind::journal);
        if (places->size() == segments) return;
        tally_.rollovers += places->size() - segments;
        acknowledged_ = std::max(acknowledged_, places->back().first_sequence - 1);
    }

    void sync() {
        const auto durable = writer_->sync();
        if (!durable || campaign_.promises_nothing) return;
        tally_.acknowledged += *durable - acknowledged_;
        acknowledged_ = *durable;
    }

    void stop_cleanly() {
        if (!writer_->stop_cleanly()) return;
        acknowledged_ = appended_;
        ++tally_.clean_stops;
    }

    void die() {
        writer_.reset();
        if (campaign_.power_loss && random_.chance(2, 3)) {
            disk_.crash(random_.next());
        } else {
            disk_.kill();
        }
    }

    std::size_t segment_count() { return list_segments(disk_, "/journal", SegmentKind::journal)->size(); }

    bool violated(const std::string& what) {
        if (tally_.violations++ == 0) tally_.first_violation = what;
        return false;
    }

    base::Random random_;
    Campaign campaign_;
    Tally& tally_;
    ForgetfulDisk disk_;
    std::unique_ptr<Writer> writer_;
    std::uint64_t acknowledged_ = 0;
    std::uint64_t appended_ = 0;
};

/// `exchanges` journals of up to 12 lives each.
Tally run(const Campaign& campaign, std::uint64_t exchanges) {
    Tally tally;
    for (std::uint64_t seed = 1; seed <= exchanges; ++seed) {
        Exchange exchange(seed, campaign, tally);
        const std::uint64_t before = tally.violations;
        for (int life = 0; life < 12 && exchange.live(); ++life) {
        }
        if (tally.violations > before && before == 0)
            tally.first_violation += " (seed " + std::to_string(seed) + ")";
    }
    return tally;
}

TEST(CrashCampaign, PowerLossLosesNothingAcknowledged) {
    const Tally tally = run({}, 400);
    EXPECT_EQ(tally.violations, 0u) << tally.first_violation;
    EXPECT_GT(tally.acknowledged, 10000u);
    EXPECT_GT(tally.torn, 100u);
    EXPECT_GT(tally.rewritten, 1000u);
    EXPECT_GT(tally.clean_stops, 100u);
    EXPECT_GT(tally.rollovers, 1000u);
}

TEST(CrashCampaign, FailingSyncsAndInterruptedRecoveriesLoseNothingAcknowledged) {
    Campaign campaign;
    campaign.failing_syncs = true;
    const Tally tally = run(campaign, 400);
    EXPECT_EQ(tally.violations, 0u) << tally.first_violation;
    EXPECT_GT(tally.failed_writers, 100u);
    EXPECT_GT(tally.interrupted_recoveries, 100u);
}

TEST(CrashCampaign, WithOsDurabilityADyingProcessLosesNothing) {
    Campaign campaign;
    campaign.durability = Durability::os;
    campaign.power_loss = false;
    const Tally tally = run(campaign, 200);
    EXPECT_EQ(tally.violations, 0u) << tally.first_violation;
    EXPECT_GT(tally.acknowledged, 5000u);
}

/// The campaign has teeth: a disk that lies about syncing is caught, and so is believing `os` to survive
/// power loss.
TEST(CrashCampaign, ADiskThatLiesAboutSyncingIsCaught) {
    Campaign campaign;
    campaign.lying = true;
    EXPECT_GT(run(campaign, 50).violations, 25u);
}

TEST(CrashCampaign, OsDurabilityDoesNotSurvivePowerLoss) {
    Campaign campaign;
    campaign.durability = Durability::os;
    EXPECT_GT(run(campaign, 50).violations, 25u);
}

/// What power loss does leave of a journal with `os` durability is a prefix, and an engine starts from it.
TEST(CrashCampaign, WithOsDurabilityPowerLossCostsNoMoreThanTheLastSegmentAndIsNeverRefused) {
    Campaign campaign;
    campaign.durability = Durability::os;
    campaign.promises_nothing = true;
    const Tally tally = run(campaign, 200);
    EXPECT_EQ(tally.violations, 0u) << tally.first_violation;
    EXPECT_GT(tally.torn, 100u);
    EXPECT_GT(tally.clean_stops, 50u);
}

}  // namespace
}  // namespace sauda::journal
