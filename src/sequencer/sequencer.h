/// The engine's loop, without its threads, clocks and files: command frames in, one journal batch and
/// held-back events out.
///
/// One turn of the loop, on two threads that services create:
///
///   sequencer thread   queue.take(frames)
///                      while frames are left and sequencer.can_step():
///                          sequencer.step(frames, from, clock, journal_bytes)      (apply overlaps the disk)
///                      hand journal_bytes over (handover.h); sleep until woken, due_in_ns() at most
///   journal thread     committer.commit(journal_bytes)     (committer.h: sync, then release: log, bus)
///   release thread     committer.release_more()            (releaser.h: what is much, beside the next sync)
///                      wake the sequencer thread if it waits for can_step()
///
/// The batch is applied before it is handed over, not after: a command that core cannot survive then stops
/// the engine without ever having entered the journal, and the restart is not stopped by it again.
///
/// What falls due by time alone happens in a command of the sequencer's own, before any other of its batch:
/// no client's report is mixed with it. Where it is the sequencer that was away (a restart, a machine that
/// stood still), leases begin anew instead of firing: their holders could not be heard.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "bus/frame_batch.h"
#include "core/exchange.h"
#include "journal/batch.h"
#include "sequencer/chunk_memory.h"
#include "sequencer/clock.h"
#include "sequencer/held_back.h"

namespace sauda::sequencer {

struct SequencerConfig {
    std::uint64_t engine_epoch = 0;   ///< from recover(): above that of every earlier run
    std::uint32_t rules_version = 0;  ///< of this core
    std::size_t batch_max = 1'024;    ///< frames looked at in a step, which makes one journal batch
    /// Events waiting for the disk beyond which no more commands are taken: the bus fills up and refuses
    /// instead.
    std::size_t held_back_bytes_max = 64u << 20;
};

/// Whoever finds something due for longer than this was away itself, and not the holder of a lease.
inline constexpr std::int64_t away_ns_min = 250'000'000;
/// So many events come of leases that lapse at once (and the orders of one account more), and so long others
/// are served before the next: folding them takes those who fold a few milliseconds.
inline constexpr std::uint32_t lapse_events_max = 2048;
inline constexpr core::DurationNs lapse_pause{10'000'000};

/// Why a frame was not sequenced. Its sender hears nothing: it is no sender of ours.
enum class Dropped : std::uint8_t {
    undecodable,  ///< not a command
    forged,       ///< claims to come from the sequencer itself
};

/// Called on the sequencer thread, from step; both may be empty.
struct SequencerHooks {
    std::function<void(Dropped, base::ByteView frame)> on_dropped = {};
    std::function<void(const ClockStep&)> on_clock_step = {};
};

struct SequencerCounters {
    std::uint64_t commands = 0;
    std::uint64_t batches = 0;
    std::uint64_t lease_lapses = 0;    ///< LapseLeases of our own
    std::uint64_t lease_restarts = 0;  ///< RestartLeases of our own
    std::uint64_t dropped = 0;
    std::uint64_t clock_steps = 0;
};

/// What one step did. Nothing was sequenced when `last` is below `first`: all frames that it took were
/// dropped, or there were none.
struct StepResult {
    std::size_t frames_taken = 0;
    core::Sequence first;
    core::Sequence last;
    bool empty() const { return last < first; }
};

/// Threads: one owner at a time (the sequencer thread), but for held_back(), which has its own rule.
/// Invariants: sequences rise by one, stamps never decrease; no event leaves before its command is durable.
class Sequencer {
public:
    Sequencer(core::Exchange exchange, const SequencerConfig& config, SequencerHooks hooks = {});

    /// Lets happen what is due, then takes up to batch_max frames of `frames`, starting at `from`; stamps,
    /// encodes and applies them. Appends one journal batch to `journal_out` (several steps may share one
    /// `journal_out`) and holds their events back. Call it when something is due, though there are no frames.
    /// Does nothing unless can_step().
    StepResult step(const bus::FrameBatch& frames, std::size_t from, ClockReading now,
                    base::Bytes& journal_out);

    /// False while too many events wait for the disk, and for good once stopped.
    bool can_step() const;

    /// In how long step must be called although no frame came; nothing: not before one comes.
    std::optional<std::int64_t> due_in_ns(ClockReading now) const;

    /// The newest sequence, and the time at `now`: no command that is stamped later is stamped earlier than
    /// that. Void once stopped.
    core::Stamp tell_time(ClockReading now) { return {last(), stamp(now)}; }

    /// The journal failed: for good, and no further event leaves. What memory holds beyond the durable
    /// sequence is void; only a restart through recover() knows.
    bool stopped() const { return held_back_.failed(); }

    /// Shared with those who release.
    HeldBack& held_back() { return held_back_; }

    /// Read-only; void once stopped.
    const core::Exchange& exchange() const { return exchange_; }
    core::Sequence last() const { return exchange_.last().sequence; }
    const SequencerConfig& config() const { return config_; }
    const SequencerCounters& counters() const { return counters_; }

private:
    std::size_t decode(const bus::FrameBatch& frames, std::size_t from, journal::BatchEncoder& batch);
    void drop(Dropped why, base::ByteView frame);
    core::TimestampNs stamp(ClockReading now);
    void add_what_is_due(core::TimestampNs time, journal::BatchEncoder& batch);
    void add_own(core::CommandBody body, journal::BatchEncoder& batch);
    journal::BatchHeader header_of(core::Stamp first) const;
    bus::Chunk apply(core::Stamp first);

    const SequencerConfig config_;
    const SequencerHooks hooks_;
    core::Exchange exchange_;
    StampClock clock_;
    HeldBack held_back_;
    SequencerCounters counters_;
    bool restarts_leases_;  ///< this run has not had them begin anew yet
    // Kept for their memory from step to step:
    /// batch_max of them and one of our own: to make one anew would clear it first.
    std::vector<core::Command> commands_;
    std::size_t command_count_ = 0;  ///< those of this step
    base::Bytes scratch_;
    ChunkMemory memory_;
    core::EventBuffer frames_;
};

}  // namespace sauda::sequencer
