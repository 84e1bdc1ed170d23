/// Questions to another process's engine, asked on a thread of their own and answered on the network thread;
/// and how the engine is, asked twice a second.
///
/// Threads: the network thread, but for the liaison's own.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include <boost/asio/io_context.hpp>

#include "base/result.h"
#include "sauda/remote/engine_client.h"

namespace sauda {

class EngineLiaison {
public:
    struct Hooks {
        /// How the engine is now, or why it cannot be asked.
        std::function<void(const base::Result<EngineDescription, std::string>&)> on_described;
    };
    /// `io` outlives it. What is answered after its end is dropped.
    EngineLiaison(boost::asio::io_context& io, const EngineAddress& address, Hooks hooks);
    ~EngineLiaison();
    EngineLiaison(const EngineLiaison&) = delete;
    EngineLiaison& operator=(const EngineLiaison&) = delete;

    /// Has `work` done on the liaison's thread, between two questions, then `done` on the network thread.
    /// Long work ends soon once `is_stopping` is set.
    using Work = std::function<void(EngineClient&, const std::atomic<bool>& is_stopping)>;
    void run(Work work, std::function<void()> done);

    using EventsFound = std::function<void(base::Result<EventsPage, std::string>)>;
    void find_events(std::uint64_t from, std::size_t max_bytes, EventsFound found);
    using FrameFound = std::function<void(base::Result<std::optional<base::Bytes>, std::string>)>;
    void find_frame(std::uint64_t sequence, FrameFound found);
    using Described = std::function<void(base::Result<EngineDescription, std::string>)>;
    void describe(Described done);
    /// From now on the engine is told that Redis failed us then, for as long as it matters.
    void note_trouble(std::chrono::steady_clock::time_point at) { troubled_at_ = at; }
    using HorizonFound = std::function<void(base::Result<gateway::Horizon, std::string>)>;
    void find_horizon(HorizonFound found);

private:
    using Job = std::function<void(EngineClient&)>;

    void serve();
    void enqueue(Job job);
    /// Runs `done` on the network thread, unless the liaison has ended.
    void answer(std::function<void()> done);
    void look();
    EngineClient::SinceTrouble since_trouble() const;

    boost::asio::io_context& io_;
    const Hooks hooks_;
    EngineClient client_;                                                  // the thread's
    const std::shared_ptr<bool> is_alive_ = std::make_shared<bool>(true);  // looked at on the network thread

    std::atomic<std::chrono::steady_clock::time_point> troubled_at_{
        std::chrono::steady_clock::time_point::min()};

    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<Job> jobs_;
    std::atomic<bool> is_stopping_{false};
    std::thread thread_;
};

}  // namespace sauda
