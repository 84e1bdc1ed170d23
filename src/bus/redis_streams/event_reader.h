/// The other end of the event bus: the shard's events stream becomes an in-process broadcast without gaps,
/// for API servers, broadcasters and history writers.
///
/// Positions make it indifferent to what Redis does. Entries that were seen are dropped, entries that overlap
/// are cut, and what is missing (trimmed, flushed, lost in a failover, damaged) is fetched from the engine,
/// in order, before anything behind it is published. Somebody who waits is served even when nothing comes:
/// then the engine is asked whether there is more.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>

#include <boost/asio/io_context.hpp>

#include "base/bytes.h"
#include "base/result.h"
#include "bus/broadcast.h"
#include "redis_streams/config.h"
#include "redis_streams/connection.h"
#include "redis_streams/timer.h"

namespace sauda::bus::redis {

struct EventReaderHooks {
    using Fetched = std::function<void(base::Result<Chunk, std::string>)>;
    /// Gets frames from the engine's event log: from position `from` on, through `through` or as far as is
    /// convenient; more does no harm. The chunk begins at or below `from`; one without bytes says that there
    /// is nothing from `from` on. `done` is called once, on the io thread, now or later, and does nothing
    /// once the reader is gone.
    std::function<void(std::uint64_t from, std::uint64_t through, Fetched done)> fetch;
    /// How many bytes at the front of `frames` are frames at or below `sequence`.
    std::function<std::size_t(base::ByteView frames, std::uint64_t sequence)> bytes_through;
    /// How much waits for the broadcast's slowest consumer. Empty: never too much.
    std::function<std::size_t()> waiting_bytes;
    /// Whether somebody waits for an event: a pending request. Who always says yes follows the engine even
    /// without Redis, by one fetch per quiet_max. Empty: never.
    std::function<bool()> is_waiting;
    /// Something an operator should know.
    std::function<void(const std::string& problem)> on_problem;
    /// The streams are of another journal than EventReaderOptions::journal_id says; nothing is read. A
    /// sentence.
    std::function<void(const std::string& reason)> on_foreign;
};

struct EventReaderOptions {
    std::string journal_id = {};  ///< of the engine that `fetch` asks; empty: whatever Redis holds is read
    std::size_t entries_per_read = 64;
    std::size_t waiting_bytes_max = 32u << 20;  ///< of waiting_bytes(); above, nothing is read
    Milliseconds block{500};                    ///< Redis holds a read so long when there is nothing
    Milliseconds watchdog{1'500};               ///< a read without an answer so long: the server is dead
    Milliseconds quiet_max{1'000};  ///< after so long somebody who waits is served by the engine; a quarter
                                    ///< of it while there is no connection
    Milliseconds retry_after{100};  ///< a failed fetch, a refused read
    Milliseconds look_at_room_every{5};  ///< while nothing is read for want of room
};

struct EventReaderCounters {
    std::uint64_t entries = 0;
    std::uint64_t published = 0;  ///< chunks
    std::uint64_t dropped = 0;    ///< entries seen before
    std::uint64_t cut = 0;        ///< entries and fetched chunks that overlapped
    std::uint64_t malformed = 0;
    std::uint64_t fetches = 0;
    std::uint64_t failed_fetches = 0;
};

/// Threads: the io thread; hooks are called there, and must not destroy it.
/// Invariant: what is published follows what was published before, without a gap.
class EventReader {
public:
    /// Goes on behind `published`, the last position that consumers of `into` find elsewhere. `into` must
    /// outlive it.
    EventReader(boost::asio::io_context& io, const RedisConfig& config, std::uint64_t published,
                BroadcastProducer& into, EventReaderHooks hooks, const EventReaderOptions& options = {});

    void start();

    bool is_connected() const { return connection_.is_ready(); }
    const std::string& last_error() const { return connection_.last_error(); }
    /// The last position published.
    std::uint64_t published() const { return published_; }
    bool is_fetching() const { return is_fetching_; }
    const EventReaderCounters& counters() const { return counters_; }

private:
    void on_ready();
    void read();
    void on_read(const Answer& answer);
    void on_failure(const Failure& failure);
    void take(Reply entry);
    void publish_held();
    void publish(const Chunk& chunk);
    void fetch(std::uint64_t through);
    void on_fetched(const base::Result<Chunk, std::string>& fetched, bool is_gap);
    void on_failed_fetch(const std::string& reason);
    void watch_quiet();

    const RedisConfig config_;
    BroadcastProducer& into_;
    const EventReaderHooks hooks_;
    const EventReaderOptions options_;
    const std::string key_;
    const std::string count_;
    const std::string block_;

    std::uint64_t published_;
    std::deque<Chunk> held_;  ///< read, to be published
    bool is_reading_ = false;
    bool is_fetching_ = false;
    std::chrono::steady_clock::time_point heard_;  ///< when something was published last
    std::string last_refusal_;                     ///< told already
    bool told_of_fetch_ = false;                   ///< that it fails
    EventReaderCounters counters_;

    Lifetime lifetime_;
    Timer read_timer_;
    Timer fetch_timer_;
    Timer quiet_timer_;
    Connection connection_;
};

}  // namespace sauda::bus::redis
