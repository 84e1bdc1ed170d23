#include "sequencer/testing/engine.h"

#include <utility>

#include "base/assert.h"
#include "codec/event_frame.h"
#include "sequencer/snapshots.h"

namespace sauda::sequencer::testing {

RecoverOptions small_segments() {
    RecoverOptions options;
    options.rules_version = rules_version;
    options.new_journal[0] = std::byte{7};
    options.journal_segment_size = 16u << 10;
    options.event_segment_size = 16u << 10;
    return options;
}

JournalResult<std::unique_ptr<Engine>> Engine::start(journal::FileSystem& disk, const std::string& root,
                                                     const RecoverOptions& options) {
    auto recovered = recover(disk, root, options);
    if (!recovered) return journal::failure_of(recovered);
    return std::unique_ptr<Engine>(new Engine(disk, std::move(*recovered), options.rules_version));
}

Engine::Engine(journal::FileSystem& disk, Recovered recovered, std::uint32_t rules)
    : disk_(disk),
      rules_version_(rules),
      parts_(std::move(recovered)),
      bus_(parts_.report.last.raw),
      consumer_(bus_.join(1u << 30)),
      sequencer_(std::move(parts_.exchange),
                 {.engine_epoch = parts_.engine_epoch, .rules_version = rules_version_, .batch_max = 32}),
      committer_(*parts_.writer, *parts_.event_log, bus_, sequencer_.held_back()) {}

void Engine::step(const bus::FrameBatch& frames, ClockReading now) {
    for (std::size_t from = 0; from < frames.size();) {
        const std::size_t taken = sequencer_.step(frames, from, now, pending_).frames_taken;
        if (taken == 0) return;
        from += taken;
    }
}

bool Engine::commit() {
    const bool committed = committer_.commit(pending_).has_value();
    pending_.clear();
    receive();
    return committed;
}

bool Engine::stop_cleanly() {
    if (!commit() || !committer_.stop_cleanly()) return false;
    return save_snapshot(disk_, parts_.directory.root(), sequencer_.exchange(), parts_.journal,
                         rules_version_)
        .has_value();
}

void Engine::receive() {
    std::vector<bus::Chunk> chunks;
    const auto taken = consumer_->take(chunks);
    ASSERT(taken == bus::BroadcastConsumer::Taken::chunks);
    for (const bus::Chunk& chunk : chunks) {
        const auto keep = [&](const codec::EventFrameView& frame) {
            // The header stands right before the events.
            const std::byte* begin = frame.events.data() - sizeof(codec::EventFrameHeader);
            const bool first_time =
                published_.emplace(frame.header.sequence.raw, base::Bytes(begin, begin + frame.header.size))
                    .second;
            ASSERT(first_time);
        };
        const auto whole = codec::for_each_event_frame(*chunk.bytes, keep);
        ASSERT(whole.has_value());
    }
}

std::map<std::uint64_t, base::Bytes> frames_of(const journal::EventLog& event_log) {
    std::map<std::uint64_t, base::Bytes> frames;
    const auto keep = [&](std::uint64_t sequence, base::ByteView frame) {
        frames.emplace(sequence, base::Bytes(frame.begin(), frame.end()));
        return true;
    };
    const auto done = event_log.read(event_log.first_sequence(), ~std::size_t{0}, keep);
    ASSERT(done.has_value());
    return frames;
}

}  // namespace sauda::sequencer::testing
