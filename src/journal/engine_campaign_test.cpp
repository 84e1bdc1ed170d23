/// The whole data directory under fire: a small deterministic engine that keeps journal, event log and
/// snapshots by the rules their headers state, on a disk that forgets, fails and fills up.
///
/// Its state is a hash of every record applied, so one altered, lost or doubled record changes everything
/// after it. At every start: nothing acknowledged is missing, replay from the newest snapshot arrives at the
/// right state, the event log says the same, and starting is never refused.
#include <gtest/gtest.h>

#include "base/crc32c.h"
#include "base/random.h"
#include "journal/data_directory.h"
#include "journal/event_log.h"
#include "journal/snapshot_store.h"
#include "journal/testing/forgetful_disk.h"
#include "journal/testing/sample_journal.h"

namespace sauda::journal {
namespace {

using namespace testing;

std::uint64_t fold(std::uint64_t state, base::ByteView record) {
    return (state ^ base::crc32c(record)) * 0x9E3779B97F4A7C15ull + record.size();
}

/// The state after `sequence` when nothing went wrong.
std::uint64_t state_after(std::uint64_t sequence) {
    static std::vector<std::uint64_t> states{1};
    while (states.size() <= sequence) states.push_back(fold(states.back(), sample_record(states.size())));
    return states[sequence];
}

/// A frame that tells `state`.
base::Bytes frame_of(std::uint64_t state) {
    base::Bytes frame;
    base::ByteWriter writer(frame);
    writer.put(static_cast<std::uint32_t>(sizeof(std::uint32_t) + sizeof state));
    writer.put(state);
    return frame;
}

struct Tally {
    std::uint64_t violations = 0;
    std::string first_violation;
    std::uint64_t acknowledged = 0;
    std::uint64_t starts = 0;
    std::uint64_t interrupted_starts = 0;
    std::uint64_t disk_failures = 0;
    std::uint64_t snapshots = 0;
    std::uint64_t archived = 0;
    std::uint64_t derived_again = 0;
    std::uint64_t torn = 0;
};

class Engine {
public:
    Engine(std::uint64_t seed, bool lying, Tally& tally) : random_(seed), tally_(tally), seed_(seed) {
        disk_.set_lying(lying);
    }

    /// One life: start, serve, die. False when a promise was broken.
    bool live() {
        if (random_.chance(1, 4)) interrupted_start();
        const std::string trouble = start();
        if (!trouble.empty()) {
            if (tally_.violations++ == 0)
                tally_.first_violation = trouble + ", seed " + std::to_string(seed_);
            return false;
        }
        ++tally_.starts;
        serve();
        die();
        return true;
    }

private:
    void interrupted_start() {
        disk_.fail_sync_in(1 + random_.below(8));
        tally_.interrupted_starts += !start().empty();
        die();
    }

    /// Empty when all is well.
    std::string start() {
        auto data = DataDirectory::open(disk_, "/data");
        if (!data) return data.error().message();
        data_ = std::make_unique<DataDirectory>(std::move(*data));
        snapshots_ = std::make_unique<SnapshotStore>(disk_, data_->snapshots());
        const auto loaded = snapshots_->load_newest();
        if (!loaded) return loaded.error().message();
        if (!loaded->damaged.empty()) return loaded->damaged[0].message();
        applied_ = loaded->snapshot ? loaded->snapshot->info.sequence : 0;
        state_ = loaded->snapshot ? loaded->snapshot->info.state_hash : state_after(0);
        EventLogConfig config;
        config.journal = sample_journal_id();
        config.segment_size = segment_header_size + 1500;
        auto events = EventLog::open(disk_, data_->events(), config);
        if (!events) return events.error().message();
        events_ = std::move(*events);
        if (events_->last_sequence() < applied_)
            return "the event log lost what was synced before a snapshot";
        return recover_and_replay();
    }

    std::string recover_and_replay() {
        RecoverConfig config = sample_recover_config(std::max(events_->last_sequence(), applied_));
        config.replay_from = applied_ + 1;
        const auto recovered = recover(disk_, data_->journal(), config);
        if (!recovered) return recovered.error().message();
        tally_.torn += recovered->torn.has_value();
        const std::uint64_t last = recovered->next_sequence - 1;
        if (last < acknowledged_) return "acknowledged sequences are lost";
        if (last > appended_) return "sequences are made up";
        const std::string trouble = replay();
        if (!trouble.empty()) return trouble;
        if (applied_ != last || state_ != state_after(last)) return "replay arrives at another state";
        acknowledged_ = appended_ = last;
        if (!log_events()) return "the event log cannot be written";
        if (const std::string wrong = check_events(); !wrong.empty()) return wrong;
        const std::uint64_t segment_size = segment_header_size + 600 + random_.below(4000);
        auto writer = Writer::open(disk_, data_->journal(), sample_writer_config(segment_size), last + 1);
        if (!writer) return writer.error().message();
        writer_ = std::move(*writer);
        return {};
    }

    std::string replay() {
        auto reader =
            Reader::open(disk_, data_->journal(), {applied_ + 1, sample_rules_version, sample_journal_id()});
        if (!reader) return reader.error().message();
        for (;;) {
            const auto batch = reader->next();
            if (!batch) return batch.error().message();
            if (!*batch) return {};
            for (RecordCursor record(**batch); !record.at_end(); record.next()) {
                if (record.sequence() == applied_ + 1) apply_one(record.bytes());
            }
        }
    }

    void apply_one(base::ByteView record) {
        state_ = fold(state_, record);
        ++applied_;
        if (applied_ <= events_->last_sequence()) return;
        const base::Bytes frame = frame_of(state_);
        unlogged_.insert(unlogged_.end(), frame.begin(), frame.end());
        tally_.derived_again += writer_ == nullptr;
    }

    bool log_events() {
        if (unlogged_.empty()) return true;
        const bool done = events_->append({events_->last_sequence() + 1, applied_, unlogged_}).has_value();
        unlogged_.clear();
        return done;
    }

    std::string check_events() {
        std::uint64_t wrong = 0;
        const std::uint64_t from = events_->first_sequence();
        const auto next =
            events_->read(from, ~std::size_t{0}, [&](std::uint64_t sequence, base::ByteView frame) {
                wrong += !std::ranges::equal(frame, frame_of(state_after(sequence)));
                return true;
            });
        if (!next) return next.error().message();
        if (wrong > 0) return "the event log says something else";
        if (*next != applied_ + 1) return "the event log ends early";
        return {};
    }

    void serve() {
        if (random_.chance(1, 3)) disk_.fail_sync_in(1 + random_.below(15));
        if (random_.chance(1, 8)) disk_.set_capacity(disk_.used_bytes() + random_.below(20'000));
        bool going = true;
        for (std::uint64_t steps = random_.below(30); steps > 0 && going; --steps) {
            const std::uint64_t step = random_.below(20);
            if (step < 11) {
                going = append();
            } else if (step < 17) {
                going = commit();
            } else if (step < 18) {
                going = events_->sync().has_value();
            } else if (step < 19) {
                going = take_snapshot();
            } else {
                (void)writer_->prepare_next().has_value();
            }
        }
        tally_.disk_failures += !going;
        if (going && random_.chance(1, 6) && commit()) (void)writer_->stop_cleanly().has_value();
        disk_.fail_sync_in(0);
        disk_.set_capacity(~std::uint64_t{0});
    }

    bool append() {
        base::Bytes group;
        for (std::uint64_t batches = 1 + random_.below(3); batches > 0; --batches) {
            const std::uint64_t count = 1 + random_.below(10);
            encode_sample(appended_ + 1, count, group);
            appended_ += count;
        }
        return writer_->append(group).has_value();
    }

    /// Only what the journal has durably is applied to the event log and acknowledged.
    bool commit() {
        const auto durable = writer_->sync();
        if (!durable) return false;
        while (applied_ < *durable) apply_one(sample_record(applied_ + 1));
        tally_.acknowledged += *durable - acknowledged_;
        acknowledged_ = *durable;
        return log_events();
    }

    /// The event log is synced before the snapshot that lets replay begin behind it, and archived with the
    /// journal.
    bool take_snapshot() {
        if (!commit() || !events_->sync()) return false;
        SnapshotInfo info;
        info.sequence = applied_;
        info.state_hash = state_;
        info.journal = sample_journal_id();
        if (!snapshots_->save(info, sample_record(applied_)) || !snapshots_->prune(2)) return false;
        ++tally_.snapshots;
        const std::uint64_t oldest = snapshots_->list()->back();
        const auto archived =
            archive_segments_below(disk_, data_->journal(), SegmentKind::journal, oldest + 1);
        tally_.archived += archived.value_or(0);
        return archived && events_->archive_below(oldest + 1);
    }

    void die() {
        writer_.reset();
        events_.reset();
        unlogged_.clear();
        snapshots_.reset();
        data_.reset();
        disk_.fail_sync_in(0);
        if (random_.chance(2, 3)) {
            disk_.crash(random_.next());
        } else {
            disk_.kill();
        }
    }

    base::Random random_;
    Tally& tally_;
    std::uint64_t seed_;
    ForgetfulDisk disk_;
    std::unique_ptr<DataDirectory> data_;
    std::unique_ptr<SnapshotStore> snapshots_;
    std::unique_ptr<EventLog> events_;
    base::Bytes unlogged_;  // frames that are not in the event log yet
    std::unique_ptr<Writer> writer_;
    std::uint64_t state_ = 0;
    std::uint64_t applied_ = 0;
    std::uint64_t acknowledged_ = 0;
    std::uint64_t appended_ = 0;
};

Tally run(std::uint64_t first_seed, std::uint64_t engines, bool lying) {
    Tally tally;
    for (std::uint64_t seed = first_seed; seed < first_seed + engines; ++seed) {
        Engine engine(seed, lying, tally);
        for (int life = 0; life < 12 && engine.live(); ++life) {
        }
    }
    return tally;
}

TEST(EngineCampaign, EveryPromiseHoldsThroughPowerLossFailingAndFullDisks) {
    const Tally tally = run(1, 300, false);
    EXPECT_EQ(tally.violations, 0u) << tally.first_violation;
    EXPECT_GT(tally.starts, 3000u);
    EXPECT_GT(tally.acknowledged, 30'000u);
    EXPECT_GT(tally.interrupted_starts, 300u);
    EXPECT_GT(tally.disk_failures, 300u);
    EXPECT_GT(tally.snapshots, 1000u);
    EXPECT_GT(tally.archived, 500u);
    EXPECT_GT(tally.derived_again, 5000u);
    EXPECT_GT(tally.torn, 100u);
}

/// The campaign has teeth.
TEST(EngineCampaign, ADiskThatLiesAboutSyncingIsCaught) {
    EXPECT_GT(run(1, 40, true).violations, 35u);
}

}  // namespace
}  // namespace sauda::journal
