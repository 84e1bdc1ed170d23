#include "sauda/remote/remote_events.h"

#include <utility>

#include "codec/event_frame.h"
#include "sauda/version.h"
#include "telemetry/log.h"

namespace sauda {

namespace log = telemetry::log;
namespace redis = bus::redis;
using base::Result;
using base::Unexpected;

namespace {

constexpr std::size_t backlog_bytes = std::size_t{256} << 20;
constexpr std::size_t events_kept_bytes = std::size_t{32} << 20;
constexpr std::size_t fetch_bytes = std::size_t{1} << 20;

std::size_t bytes_through(base::ByteView frames, std::uint64_t sequence) {
    std::size_t bytes = 0;
    while (bytes < frames.size()) {
        const auto frame = codec::parse_event_frame(frames.subspan(bytes));
        if (!frame || frame->header.sequence.raw > sequence) break;
        bytes += frame->header.size;
    }
    return bytes;
}

std::string why_unfit(const EngineDescription& engine) {
    if (engine.rules_version == rules_version) return {};
    return "the engine follows rules_version " + std::to_string(engine.rules_version) + ", this program " +
           std::to_string(rules_version) + ": upgrade the engine first, then what stands before it";
}

}  // namespace

RemoteEvents::RemoteEvents(const EngineAddress& address, boost::asio::io_context& io,
                           telemetry::Metrics& metrics, Hooks hooks)
    : io_(io), address_(address), hooks_(std::move(hooks)), log_(address, events_kept_bytes, events_) {
    register_metrics(metrics);
}

void RemoteEvents::begin_asking() {
    liaison_ = std::make_unique<EngineLiaison>(
        io_, address_, EngineLiaison::Hooks{[this](const auto& heard) { on_described(heard); }});
}

void RemoteEvents::start(const redis::RedisConfig& where, std::uint64_t from) {
    redis::EventReaderHooks hooks;
    hooks.fetch = [this](std::uint64_t first, std::uint64_t, redis::EventReaderHooks::Fetched done) {
        fetch(first, std::move(done));
    };
    hooks.bytes_through = bytes_through;
    hooks.waiting_bytes = [this] { return queue_ ? queue_->waiting_bytes() : 0; };
    hooks.is_waiting = hooks_.is_waiting;
    hooks.on_problem = [](const std::string& problem) {
        log::warning("events from Redis", {{"problem", problem}});
    };
    hooks.on_foreign = [this](const std::string& reason) { hooks_.on_failure(reason); };
    redis::EventReaderOptions options;
    options.journal_id = described_.journal;
    reader_ = std::make_unique<redis::EventReader>(io_, where, from, log_, std::move(hooks), options);
    reader_->start();
}

std::shared_ptr<bus::BroadcastQueue> RemoteEvents::join(bus::Wake wake) {
    queue_ = events_.join(backlog_bytes, std::move(wake));
    return queue_;
}

void RemoteEvents::register_metrics(telemetry::Metrics& metrics) {
    metrics.counter_from("sauda_redis_event_entries_total", "Stream entries of events read",
                         [this] { return reader_ ? static_cast<double>(reader_->counters().entries) : 0; });
    metrics.counter_from("sauda_redis_event_fetches_total", "Times that the engine was asked for events",
                         [this] { return reader_ ? static_cast<double>(reader_->counters().fetches) : 0; });
    metrics.gauge("sauda_events_sequence", "The last command whose events have come",
                  [this] { return reader_ ? static_cast<double>(reader_->published()) : 0; });
}

void RemoteEvents::on_described(const Result<EngineDescription, std::string>& described) {
    if (!described) {
        if (unreachable_ != described.error())
            log::warning("the engine is not reached", {{"reason", described.error()}});
        unreachable_ = described.error();
        return;
    }
    unreachable_.clear();
    if (!reader_) return on_described_before_start(*described);
    if (described->journal != described_.journal)
        return hooks_.on_failure("the engine has another journal than when this program began");
    if (std::string unfit = why_unfit(*described); !unfit.empty()) return hooks_.on_failure(unfit);
    described_ = *described;
}

/// It may be another one the next time: nothing of it is held here yet.
void RemoteEvents::on_described_before_start(const EngineDescription& engine) {
    const std::string before = std::exchange(misfit_, why_unfit(engine));
    if (!misfit_.empty() && misfit_ != before)
        log::error("the engine cannot be followed", {{"reason", misfit_}});
    described_ = engine;
    if (misfit_.empty() && hooks_.on_found) hooks_.on_found();
}

void RemoteEvents::fetch(std::uint64_t from, redis::EventReaderHooks::Fetched done) {
    liaison_->find_events(from, fetch_bytes,
                          [from, done = std::move(done)](Result<EventsPage, std::string> page) {
                              if (!page) return done(Unexpected{page.error()});
                              bus::Chunk chunk;
                              chunk.first = from;
                              chunk.last = page->next - 1;
                              if (page->next > from)
                                  chunk.bytes = std::make_shared<const base::Bytes>(std::move(page->frames));
                              done(std::move(chunk));
                          });
}

}  // namespace sauda
