/// Both ends of an events stream on one server, for tests of each and of both.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "bus/in_process.h"
#include "redis_streams/command_entry.h"
#include "redis_streams/event_publisher.h"
#include "redis_streams/event_reader.h"
#include "redis_streams/testing/bus_fixture.h"

namespace sauda::bus::redis {

/// An engine's broadcast and event log, and what one reader made of the stream.
class EventBus : public ::testing::Test {
protected:
    void release(std::uint64_t last) {
        const std::uint64_t first = released_ + 1;
        released_ = last;
        engine_.publish(event_chunk(first, last));
    }
    void start_publisher(const EventPublisherOptions& options = {}) {
        publisher_ = std::make_unique<EventPublisher>(
            io_, config_of(server_), journal_, engine_,
            EventPublisherHooks{
                .read_log =
                    [this](std::uint64_t from, std::size_t bytes_max,
                           const EventPublisherHooks::Visitor& visit) {
                        return read(from, bytes_max, visit);
                    },
                .log_begin = [] { return std::uint64_t{1}; },
                .on_fatal = [this](const std::string& reason) { fatal_.push_back(reason); },
                .on_problem = [this](const std::string& problem) { problems_.push_back(problem); }},
            options);
        publisher_->start();
    }
    base::Result<std::uint64_t, std::string> read(std::uint64_t from, std::size_t bytes_max,
                                                  const EventPublisherHooks::Visitor& visit) {
        std::size_t bytes = 0;
        while (from <= released_ && bytes < bytes_max) {
            const base::Bytes frame = event_frame(from);
            bytes += frame.size();
            if (!visit(from++, frame)) break;
        }
        return from;
    }
    void start_reader(std::uint64_t published = 0, const EventReaderOptions& options = {}) {
        received_last_ = published;
        reader_ = std::make_unique<EventReader>(
            io_, config_of(server_), published, sink_,
            EventReaderHooks{
                .fetch =
                    [this](std::uint64_t from, std::uint64_t through, const auto& done) {
                        fetched_.push_back(from);
                        const std::uint64_t last = std::min({through, released_, from + 99});
                        done(last < from ? Chunk{} : event_chunk(from, last));
                    },
                .bytes_through = bytes_through,
                .waiting_bytes = [this] { return waiting_bytes_; },
                .is_waiting = [this] { return is_waiting_; },
                .on_problem = [this](const std::string& problem) { problems_.push_back(problem); },
                .on_foreign = [this](const std::string& reason) { fatal_.push_back(reason); }},
            options);
        reader_->start();
    }
    /// An entry as a publisher writes it, put there by hand.
    void put(std::uint64_t first, std::uint64_t last, const std::string& crc = {}) {
        const Chunk chunk = event_chunk(first, last);
        const std::string frames(base::as_text(*chunk.bytes));
        server_.command({"XADD", key, std::to_string(last) + "-0", "first", std::to_string(first), "frames",
                         frames, "crc", crc.empty() ? crc_text(*chunk.bytes) : crc});
    }
    bool wait_confirmed(std::uint64_t last) {
        return run_until(io_, [&] { return publisher_->confirmed() >= last; });
    }
    bool wait_received(std::uint64_t last) {
        return run_until(io_, [&] { return received_last_ >= last; });
    }

    /// Checks that chunks follow each other and that their frames are what they say.
    struct Sink final : BroadcastProducer {
        explicit Sink(EventBus& test) : test_(test) {}
        void publish(const Chunk& chunk) override {
            EXPECT_EQ(chunk.first, test_.received_last_ + 1);
            EXPECT_EQ(sequences_of(chunk).size(), chunk.last - chunk.first + 1);
            test_.received_last_ = chunk.last;
        }
        EventBus& test_;
    };

    static inline const std::string key = "sauda:{main}:events";
    RedisServer server_;
    boost::asio::io_context io_;
    std::string journal_ = "0123456789abcdef";
    std::uint64_t released_ = 0;
    std::uint64_t received_last_ = 0;
    bool is_waiting_ = false;
    std::size_t waiting_bytes_ = 0;
    std::vector<std::uint64_t> fetched_;
    std::vector<std::string> fatal_;
    std::vector<std::string> problems_;
    Broadcast engine_;
    Sink sink_{*this};
    std::unique_ptr<EventPublisher> publisher_;
    std::unique_ptr<EventReader> reader_;
};

}  // namespace sauda::bus::redis
