/// The engine's end of the event bus: what its broadcast releases becomes the shard's events stream.
///
/// A chunk is an entry `<last>-0` with fields `first`, `frames` and `crc`: an event's sequence is its
/// position in the stream, on every server. The stream keeps about the newest `kept` positions and is never
/// the record: the event log is, and whoever needs older ones asks the engine. On every connect, after every
/// failure, and each second without traffic the stream is looked at; what it lacks is published from the log,
/// so that a Redis that was flushed, restarted or failed over is filled again by itself.
///
/// The stream belongs to one journal, named by the key `sauda:{shard}:journal`. Another journal's stream, or
/// one that knows of events the engine does not have, is not touched: the fatal hook tells why and what to
/// do.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "base/bytes.h"
#include "base/result.h"
#include "bus/in_process.h"
#include "redis_streams/config.h"
#include "redis_streams/connection.h"
#include "redis_streams/timer.h"

namespace sauda::bus::redis {

struct EventPublisherHooks {
    using Visitor = std::function<bool(std::uint64_t sequence, base::ByteView frame)>;
    /// Visits frames of the event log from `from` on, about `bytes_max` of them, in order; returns the
    /// sequence to go on from. As journal::EventLog::read.
    std::function<base::Result<std::uint64_t, std::string>(std::uint64_t from, std::size_t bytes_max,
                                                           const Visitor& visit)>
        read_log;
    /// The first sequence that the log has.
    std::function<std::uint64_t()> log_begin;
    /// The engine must not run on this Redis; nothing more is published. A sentence with the fix.
    std::function<void(const std::string& reason)> on_fatal;
    /// Something an operator should know.
    std::function<void(const std::string& problem)> on_problem;
};

struct EventPublisherOptions {
    std::uint64_t kept = 65'536;               ///< positions kept in the stream, about
    std::size_t entry_bytes_max = 256u << 10;  ///< chunks that wait are joined up to this, and the log cut
    std::size_t in_flight_bytes_max = 4u << 20;
    std::size_t backlog_bytes_max = 64u << 20;  ///< of the broadcast; what is beyond comes from the log
    Milliseconds reply_timeout{1'000};
    Milliseconds look_every{1'000};  ///< at the stream, while there is nothing to publish
};

struct EventPublisherCounters {
    std::uint64_t entries = 0;   ///< confirmed
    std::uint64_t from_log = 0;  ///< entries sent that were read from the log
    std::uint64_t failures = 0;  ///< commands that Redis refused or did not answer
    std::uint64_t refills = 0;   ///< times that the stream was found to lack what it had been given
};

/// Threads: the io thread; the broadcast may be on any. Hooks are called on the io thread and must not
/// destroy it.
class EventPublisher {
public:
    /// `events` must outlive it, and `io` every thread that publishes.
    EventPublisher(boost::asio::io_context& io, const RedisConfig& config, std::string journal_id,
                   Broadcast& events, EventPublisherHooks hooks, const EventPublisherOptions& options = {});

    void start();

    bool is_connected() const { return connection_.is_ready(); }
    /// The stream has everything through here.
    std::uint64_t confirmed() const { return confirmed_; }
    /// How much the stream lacks of what was released.
    std::uint64_t lag() const;
    bool is_stopped() const { return phase_ == Phase::stopped; }
    const std::string& last_error() const;
    const EventPublisherCounters& counters() const { return counters_; }

private:
    enum class Phase : std::uint8_t {
        down,       ///< no connection, or a pause after a failure
        looking,    ///< at the stream, before anything is published
        streaming,  ///< publishing
        stopped,    ///< for good
    };

    void look();
    void check_journal(const Answer& answer);
    void look_again();
    void ask(std::function<void(std::uint64_t newest)> then);
    void stream_from(std::uint64_t newest);
    void pump();
    bool take_more();
    void send_waiting();
    bool send_from_log();
    void send(std::uint64_t first, std::uint64_t last, base::ByteView frames);
    void fail(const Failure& failure);
    void stop(const std::string& reason);
    void schedule_look();

    const RedisConfig config_;
    const std::string journal_id_;
    Broadcast& events_;
    const EventPublisherHooks hooks_;
    const EventPublisherOptions options_;
    const std::string key_;
    const std::string journal_key_;

    Phase phase_ = Phase::down;
    std::uint64_t session_ = 0;  ///< rises with every look from scratch: answers of older ones are void
    std::uint64_t sent_ = 0;     ///< the last position sent
    std::uint64_t confirmed_ = 0;
    std::uint64_t log_through_ = 0;  ///< the broadcast has nothing at or below: it is in the log
    std::vector<Chunk> taken_;       ///< from the broadcast
    std::size_t next_taken_ = 0;     ///< the first of them that is to be sent
    std::size_t in_flight_bytes_ = 0;
    base::Bytes joined_;  ///< kept for its memory
    std::string last_error_;
    EventPublisherCounters counters_;

    Lifetime lifetime_;
    std::shared_ptr<BroadcastQueue> queue_;
    Timer timer_;
    Connection connection_;
};

}  // namespace sauda::bus::redis
