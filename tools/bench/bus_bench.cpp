#include "bench/bus_bench.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "bench/machine.h"
#include "bench/report.h"
#include "bench/statistics.h"
#include "bus/in_process.h"
#include "redis_streams/client.h"
#include "redis_streams/command_producer.h"
#include "redis_streams/command_reader.h"
#include "redis_streams/event_publisher.h"
#include "redis_streams/event_reader.h"
#include "redis_streams/stream_id.h"

namespace sauda::bench {

namespace {

namespace redis = bus::redis;
using Clock = std::chrono::steady_clock;

/// Both ends of both streams, and in place of the engine an echo: each command becomes an event at once. All
/// on this thread, so that the figures are of Redis, its sockets and our part, and of no other thread's
/// wake-up.
class EchoBus final : private bus::BroadcastProducer {
public:
    EchoBus(const redis::RedisConfig& config, const BusBenchOptions& options)
        : command_(options.command_bytes), event_(options.event_bytes), config_(config) {}

    /// Deletes what an earlier bench left; then connects. A sentence where Redis cannot be used.
    std::string open() {
        redis::Client cleaner(io_, config_, "bench");
        cleaner.start();
        if (!run_until([&] { return cleaner.guard().is_reachable(); })) return cleaner.guard().last_error();
        bool is_clean = false;
        cleaner.send({"DEL", config_.key("commands"), config_.key("events"), config_.key("journal")},
                     [&](const redis::Answer&) { is_clean = true; });
        if (!run_until([&] { return is_clean; })) return "Redis does not answer";
        connect();
        const auto is_up = [&] {
            return producer_->guard().is_reachable() && commands_->is_connected() &&
                   events_->is_connected() && publisher_->is_connected();
        };
        return run_until(is_up) ? std::string() : producer_->guard().last_error();
    }

    /// Sends a command and runs until the engine has it, and until its event is back; both in nanoseconds.
    struct Trip {
        std::int64_t down = 0;
        std::int64_t there_and_back = 0;
    };
    std::optional<Trip> send_one() {
        const auto started = Clock::now();
        const std::uint64_t waited_for = taken_ + 1;
        if (producer_->offer(command_, bus::Lane::placing) != bus::Offer::accepted) return std::nullopt;
        if (!run_until([&] { return taken_ >= waited_for; })) return std::nullopt;
        const auto taken = Clock::now();
        if (!run_until([&] { return returned_ >= waited_for; })) return std::nullopt;
        return Trip{(taken - started).count(), (Clock::now() - started).count()};
    }

    /// Sends `count` commands as fast as they are accepted; seconds until the last event is back, or nothing.
    std::optional<double> send_burst(std::uint64_t count) {
        const auto started = Clock::now();
        const std::uint64_t waited_for = taken_ + count;
        std::uint64_t sent = 0;
        while (sent < count) {
            constexpr int turn = 64;  // what an API server collects in a turn of its loop when it is busy
            for (int i = 0; i < turn && sent < count; ++i) {
                if (producer_->offer(command_, bus::Lane::placing) != bus::Offer::accepted) break;
                ++sent;
            }
            if (!producer_->guard().is_reachable()) return std::nullopt;
            io_.restart();
            io_.poll();
        }
        if (!run_until([&] { return returned_ >= waited_for; })) return std::nullopt;
        return std::chrono::duration<double>(Clock::now() - started).count();
    }

    std::uint64_t entries() const { return producer_->counters().entries; }

private:
    void connect() {
        const auto ignore = [](const std::string&) {};
        producer_.emplace(io_, config_);
        commands_.emplace(io_, config_, "bench",
                          redis::CommandReaderHooks{.offer = [this](const bus::FrameBatch& frames,
                                                                    bus::Lane) { return echo(frames); },
                                                    .settled = [this] { return taken_; },
                                                    .on_problem = ignore});
        publisher_.emplace(
            io_, config_, "bench", engine_,
            redis::EventPublisherHooks{
                .read_log = [this](std::uint64_t from, std::size_t bytes_max,
                                   const auto& visit) { return read_log(from, bytes_max, visit); },
                .log_begin = [] { return std::uint64_t{1}; },
                .on_fatal = ignore,
                .on_problem = ignore});
        events_.emplace(
            io_, config_, 0, static_cast<bus::BroadcastProducer&>(*this),
            redis::EventReaderHooks{
                .fetch = [this](std::uint64_t from, std::uint64_t through,
                                const auto& done) { done(events(from, std::min(through, taken_))); },
                .bytes_through = [this](base::ByteView frames,
                                        std::uint64_t sequence) { return bytes_through(frames, sequence); },
                .waiting_bytes = {},
                .is_waiting = {},
                .on_problem = ignore,
                .on_foreign = {}});
        producer_->start();
        commands_->start();
        publisher_->start();
        events_->start();
    }
    bus::Offer echo(const bus::FrameBatch& frames) {
        const std::uint64_t first = taken_ + 1;
        taken_ += frames.size();
        engine_.publish(events(first, taken_));
        return bus::Offer::accepted;
    }
    /// An event's frame begins with its sequence.
    base::ByteView event(std::uint64_t sequence) {
        std::memcpy(event_.data(), &sequence, sizeof sequence);
        return event_;
    }
    bus::Chunk events(std::uint64_t first, std::uint64_t last) {
        base::Bytes bytes;
        for (std::uint64_t sequence = first; sequence <= last; ++sequence) {
            const base::ByteView frame = event(sequence);
            bytes.insert(bytes.end(), frame.begin(), frame.end());
        }
        return {first, last, std::make_shared<const base::Bytes>(std::move(bytes))};
    }
    base::Result<std::uint64_t, std::string> read_log(std::uint64_t from, std::size_t bytes_max,
                                                      const redis::EventPublisherHooks::Visitor& visit) {
        for (std::size_t bytes = 0; from <= taken_ && bytes < bytes_max; ++from, bytes += event_.size())
            visit(from, event(from));
        return from;
    }
    std::size_t bytes_through(base::ByteView frames, std::uint64_t sequence) const {
        std::uint64_t first = 0;
        std::memcpy(&first, frames.data(), sizeof first);
        return (sequence + 1 - first) * event_.size();
    }
    void publish(const bus::Chunk& chunk) override { returned_ = chunk.last; }

    bool run_until(const std::function<bool()>& condition) {
        const auto give_up = Clock::now() + std::chrono::seconds(60);
        while (!condition()) {
            if (Clock::now() > give_up) return false;
            io_.restart();
            io_.run_one_for(std::chrono::milliseconds(100));
        }
        return true;
    }

    const base::Bytes command_;
    base::Bytes event_;
    const redis::RedisConfig config_;
    boost::asio::io_context io_;
    bus::Broadcast engine_;
    std::uint64_t taken_ = 0;     ///< commands that the engine has
    std::uint64_t returned_ = 0;  ///< of them, whose events are back
    std::optional<redis::CommandProducer> producer_;
    std::optional<redis::CommandReader> commands_;
    std::optional<redis::EventPublisher> publisher_;
    std::optional<redis::EventReader> events_;
};

int fail(const std::string& why) {
    std::fprintf(stderr, "sauda bench: %s\n", why.c_str());
    return 1;
}

std::optional<redis::RedisConfig> config_of(const std::string& address) {
    const std::size_t colon = address.rfind(':');
    if (colon == std::string::npos) return std::nullopt;
    const auto port = redis::parse_number(std::string_view(address).substr(colon + 1));
    if (!port || *port == 0 || *port > UINT16_MAX) return std::nullopt;
    redis::RedisConfig config;
    config.server = {address.substr(0, colon), static_cast<std::uint16_t>(*port)};
    config.shard = "bench";
    config.reply_timeout = redis::Milliseconds(2'000);  // a slow disk is to be measured, not refused
    return config;
}

}  // namespace

int run_bus_bench(const BusBenchOptions& options) {
    const auto config = config_of(options.redis);
    if (!config) return fail("--redis is host:port");
    EchoBus bus(*config, options);
    if (const std::string problem = bus.open(); !problem.empty()) return fail(options.redis + ": " + problem);

    std::vector<std::int64_t> down;
    std::vector<std::int64_t> there_and_back;
    for (std::uint64_t i = 0; i < options.commands; ++i) {
        const auto trip = bus.send_one();
        if (!trip) return fail("Redis was lost");
        down.push_back(trip->down);
        there_and_back.push_back(trip->there_and_back);
    }
    const std::uint64_t entries_before = bus.entries();
    const auto seconds = bus.send_burst(options.burst);
    if (!seconds) return fail("Redis was lost");

    Report report;
    report.add("down", latency_of(std::move(down)));
    report.add("there_and_back", latency_of(std::move(there_and_back)));
    report.add("burst_commands_per_second", static_cast<double>(options.burst) / *seconds, 0);
    report.add("burst_commands_per_entry",
               static_cast<double>(options.burst) / static_cast<double>(bus.entries() - entries_before), 1);
    report.add("machine", describe_machine()).print(options.json);
    return 0;
}

}  // namespace sauda::bench
