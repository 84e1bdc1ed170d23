/// The engine's end of the command bus: entries of the shard's commands stream, handed over in order, and
/// trimmed once the engine has settled them.
///
/// At least once: at start, and when the server turns out to be another one or its stream to be younger than
/// what was read (flushed, failed over), everything untrimmed is delivered again; the engine recognises
/// commands it has by the windows of their gateways. Nothing is lost or reordered on the way from the stream
/// to the hook.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "bus/producer.h"
#include "redis_streams/command_entry.h"
#include "redis_streams/config.h"
#include "redis_streams/connection.h"
#include "redis_streams/stream_id.h"
#include "redis_streams/timer.h"

namespace sauda::bus::redis {

struct CommandReaderHooks {
    /// Takes the frames or does not. `back_pressured` and `unreachable`: the same frames are offered again in
    /// a moment and everything behind them waits, cancels too, so who refuses placing for long must take the
    /// frames and drop them. `closed`: nothing more is read.
    std::function<Offer(const FrameBatch& frames, Lane lane)> offer;
    /// How many frames, of all that the hook accepted since the reader was made, are durable or were dropped.
    /// Never falls.
    std::function<std::uint64_t()> settled;
    /// Something an operator should know, in a sentence: a malformed entry, a server that refuses.
    std::function<void(const std::string& problem)> on_problem;
};

struct CommandReaderOptions {
    std::size_t entries_per_read = 64;
    Milliseconds block{500};       ///< Redis holds a read so long when there is nothing
    Milliseconds watchdog{1'500};  ///< a read without an answer so long: the server is dead
    Milliseconds trim_every{20};
    Milliseconds offer_again_after{2};
    Milliseconds look_at_awaited_every{1};
};

struct CommandReaderCounters {
    std::uint64_t entries = 0;
    std::uint64_t frames = 0;     ///< taken by the hook
    std::uint64_t malformed = 0;  ///< entries passed over
    std::uint64_t restarts = 0;   ///< times that reading began at the stream's beginning again
    std::uint64_t trims = 0;
};

/// Threads: the io thread; hooks are called there, and must not destroy it.
class CommandReader {
public:
    /// `journal_id`: as EventPublisher's. From the streams of another journal nothing is read and nothing
    /// trimmed.
    CommandReader(boost::asio::io_context& io, const RedisConfig& config, std::string journal_id,
                  CommandReaderHooks hooks, const CommandReaderOptions& options = {});

    void start();

    /// Calls `done` with true once all that the stream holds when Redis is asked, which is after this call,
    /// is settled; with false, maybe before it returns, where that cannot be found out now.
    void await_settled(std::function<void(bool)> done);

    bool is_connected() const { return reading_.is_ready(); }
    /// Why the connection was last lost or could not be made.
    const std::string& last_error() const { return reading_.last_error(); }
    /// Entries handed over, at least in part, and not settled.
    std::size_t unsettled() const { return unsettled_.size(); }
    StreamId last_id() const { return last_id_; }
    const CommandReaderCounters& counters() const { return counters_; }

private:
    struct Unsettled {
        StreamId id;               ///< zero: of a stream that is no more
        std::uint64_t frames = 0;  ///< read up to and with this entry
    };

    /// Somebody who waits until what the stream held is settled.
    struct Awaited {
        StreamId through;                     ///< the newest that it held
        std::optional<std::uint64_t> frames;  ///< read once that was; nothing: it was not
        std::function<void(bool)> done;
    };

    void on_ready();
    void begin_anew();
    void look_at_awaited();
    void read();
    void on_read(const Answer& answer);
    void on_failure(const Failure& failure);
    void take(Reply entry);
    void offer();
    void look_at_stream();
    void schedule_trim();
    void trim();
    void send_trim();

    const RedisConfig config_;
    const std::string journal_id_;
    const CommandReaderHooks hooks_;
    const CommandReaderOptions options_;
    const std::string key_;
    const std::string journal_key_;
    const std::string count_;
    const std::string block_;

    std::string server_id_;  ///< whose stream last_id_ and unsettled_ are of
    StreamId last_id_;
    std::deque<Run> held_;  ///< read, to be handed over
    std::deque<Unsettled> unsettled_;
    std::uint64_t frames_read_ = 0;
    std::vector<Awaited> awaited_;
    StreamId trim_to_;      ///< entries below may go; zero: none
    bool is_ours_ = false;  ///< the server's streams belong to this journal, or to nobody
    bool is_reading_ = false;
    bool is_trimming_ = false;
    bool is_closed_ = false;
    std::string last_refusal_;  ///< told already
    CommandReaderCounters counters_;

    Timer offer_timer_;
    Timer read_timer_;
    Timer trim_timer_;
    Timer awaited_timer_;
    Connection trimming_;  ///< its own: a read that blocks holds up what is sent behind it
    Connection reading_;
};

}  // namespace sauda::bus::redis
