#include "bench/live_engine.h"

#include <algorithm>
#include <chrono>
#include <thread>

#include "base/assert.h"
#include "bench/stages.h"
#include "codec/command_codec.h"
#include "codec/event_frame.h"

namespace sauda::bench {

namespace {

constexpr std::size_t group = 1024;
constexpr auto short_while = std::chrono::microseconds(200);

}  // namespace

base::Result<std::unique_ptr<LiveEngine>, std::string> LiveEngine::start(
    const orderbook_engine::EngineConfig& config, orderbook_engine::Engine::Disk disk,
    std::function<void(core::Sequence through)> roll_snapshot, ReplyReader::OnChunk on_chunk) {
    std::unique_ptr<LiveEngine> live(new LiveEngine);
    orderbook_engine::EngineHooks hooks;
    hooks.roll_snapshot = std::move(roll_snapshot);
    auto started = orderbook_engine::Engine::start(config, std::move(disk), std::move(hooks), live->metrics_);
    if (!started) return base::Unexpected{started.error().message()};
    live->engine_ = std::move(*started);
    live->replies_ = std::make_unique<ReplyReader>(
        live->engine_->events(), [engine = live.get(), on_chunk = std::move(on_chunk)](
                                     base::ByteView frames) { engine->take(frames, on_chunk); });
    return live;
}

void LiveEngine::take(base::ByteView frames, const ReplyReader::OnChunk& on_chunk) {
    if (on_chunk) on_chunk(frames);
    std::uint64_t released = released_.load(std::memory_order_relaxed);
    std::uint64_t answered = answered_.load(std::memory_order_relaxed);
    const auto read = codec::for_each_event_frame(frames, [&](const codec::EventFrameView& frame) {
        ASSERT(frame.header.sequence.raw == released + 1);
        released = frame.header.sequence.raw;
        if (frame.header.command.gateway != 0) answered = frame.header.command.sequence;
    });
    ASSERT(read.has_value());
    released_.store(released, std::memory_order_release);
    answered_.store(answered, std::memory_order_release);
}

void LiveEngine::add(const core::Command& command) {
    core::Command identified = command;
    identified.id = {1, ++gateway_sequence_};
    frame_.clear();
    codec::encode_command(identified, frame_);
    frames_.append(frame_);
}

bool LiveEngine::send() {
    if (frames_.empty()) return true;
    bus::Offer offer = engine_->commands().offer_all(frames_, bus::Lane::placing);
    while (offer == bus::Offer::back_pressured) {
        std::this_thread::sleep_for(short_while);
        offer = engine_->commands().offer_all(frames_, bus::Lane::placing);
    }
    frames_.clear();
    return offer == bus::Offer::accepted;
}

bool LiveEngine::prepare(const FlowFile& flow, Progress& progress) {
    const auto add_one = [this](const core::Command& command) {
        add(command);
        return waiting() < group || send();
    };
    progress.begin("opening accounts", 1);
    for (const core::Command& command : setup_commands(flow))
        if (!add_one(command)) return false;
    const auto records = flow.records().first(flow.header().prefill);
    progress.begin("building the books", records.size());
    for (std::size_t i = 0; i < records.size(); ++i) {
        if (!add_one(to_command(records[i]))) return false;
        progress.reach(i);
    }
    return send() && wait_until_released();
}

bool LiveEngine::wait_until_released() const {
    while (answered_.load(std::memory_order_acquire) < gateway_sequence_) {
        if (!engine_->is_healthy()) return false;
        std::this_thread::sleep_for(short_while);
    }
    return true;
}

std::string LiveEngine::stop() {
    const std::optional<std::string> failure = engine_->stop();
    replies_->finish();
    return failure.value_or(std::string());
}

}  // namespace sauda::bench
