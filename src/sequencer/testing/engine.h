/// A whole engine on a test disk, its two threads taken in turns: recover, step, commit, stop.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bus/in_process.h"
#include "sequencer/committer.h"
#include "sequencer/recover.h"
#include "sequencer/sequencer.h"

namespace sauda::sequencer::testing {

inline constexpr std::uint32_t rules_version = 3;

RecoverOptions small_segments();

/// Threads: one owner at a time.
class Engine {
public:
    /// Recovers `root` on `disk`, which must outlive the engine, and goes on under the rules of `options`.
    static JournalResult<std::unique_ptr<Engine>> start(journal::FileSystem& disk, const std::string& root,
                                                        const RecoverOptions& options);

    /// Sequences and applies `frames` at `now`; nothing of it is durable yet.
    void step(const bus::FrameBatch& frames, ClockReading now);
    /// Lets happen what is due at `now`, as when no frame comes.
    void idle(ClockReading now) { sequencer_.step({}, 0, now, pending_); }
    /// Makes durable and publishes what was stepped. False when the disk failed.
    bool commit();
    /// Marks everything as complete and saves a snapshot. False when the disk failed.
    bool stop_cleanly();

    /// What a consumer on the bus received, frame by frame.
    const std::map<std::uint64_t, base::Bytes>& published() const { return published_; }
    const RecoveryReport& report() const { return parts_.report; }
    const Sequencer& sequencer() const { return sequencer_; }
    Recovered& parts() { return parts_; }

private:
    Engine(journal::FileSystem& disk, Recovered recovered, std::uint32_t rules_version);
    void receive();

    journal::FileSystem& disk_;
    const std::uint32_t rules_version_;
    Recovered parts_;
    bus::Broadcast bus_;
    std::shared_ptr<bus::BroadcastQueue> consumer_;
    Sequencer sequencer_;
    Committer committer_;
    base::Bytes pending_;
    std::map<std::uint64_t, base::Bytes> published_;
};

/// Every frame of the event log, by sequence.
std::map<std::uint64_t, base::Bytes> frames_of(const journal::EventLog& event_log);

}  // namespace sauda::sequencer::testing
