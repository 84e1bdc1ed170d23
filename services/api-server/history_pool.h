/// The threads on which history is read: bounded, of low priority, never the network's.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "history/reader.h"
#include "net/http_message.h"

namespace sauda::api_server {

struct HistoryPoolConfig {
    std::string path;  ///< of the database
    std::size_t threads = 1;
    std::size_t waiting_max = 256;  ///< reads that may wait or run at once; more are refused
};

struct HistoryPoolHooks {
    /// Through which command history goes. On any thread.
    std::function<core::Sequence()> projected;
    /// Somebody waits until it goes through this one.
    std::function<void(core::Sequence)> demand;
};

/// Reads of history that see what their callers were told before they asked.
///
/// Threads: the network thread, but for what says otherwise.
class HistoryPool {
public:
    HistoryPool(HistoryPoolConfig config, HistoryPoolHooks hooks);
    /// What runs is finished, what waits is not begun.
    ~HistoryPool();

    /// Waits until history goes through `needed`, at most 200 ms, then runs `work(history::Reader&)`, which
    /// returns a Read<net::Response>, on the pool, and resumes the caller on its own thread. Answers 503
    /// `history_behind` where history did not get there in time, `overloaded` where too many wait, and
    /// `history_failed` where the database could not be read.
    template <class Work>
    boost::asio::awaitable<net::Response> run(core::Sequence needed, Work work) {
        if (waiting_.load(std::memory_order_relaxed) >= waiting_max_) co_return too_many();
        ++waiting_;
        const bool is_there = co_await reach(needed);
        if (!is_there) {
            --waiting_;
            co_return behind();
        }
        // Named before it is awaited: g++ 12 destroys a temporary closure in a co_await expression twice.
        auto task = [this, work = std::move(work)]() mutable -> boost::asio::awaitable<net::Response> {
            net::Response response = answer(work);
            --waiting_;
            co_return response;
        };
        auto response = co_await boost::asio::co_spawn(pool_, std::move(task), boost::asio::use_awaitable);
        co_return response;
    }

    /// History goes further: resumes who waited for it.
    void on_projected();

    std::size_t waiting() const { return waiting_; }

private:
    using ReaderPointer = std::unique_ptr<history::Reader>;

    boost::asio::awaitable<bool> reach(core::Sequence needed);
    static net::Response too_many();
    static net::Response behind();
    static net::Response failed(const base::IoError& error);
    static void lower_priority_once();
    history::Read<ReaderPointer> take_reader();
    void give_back(ReaderPointer reader);

    /// On a thread of the pool.
    template <class Work>
    net::Response answer(Work& work) {
        lower_priority_once();
        if (is_stopping_) return too_many();
        auto reader = take_reader();
        if (!reader) return failed(reader.error());
        history::Read<net::Response> response = work(**reader);
        // A reader that failed is not used again: its file may be another by now.
        if (!response) return failed(response.error());
        give_back(std::move(*reader));
        return std::move(*response);
    }

    const std::string path_;
    const std::size_t waiting_max_;
    const HistoryPoolHooks hooks_;
    std::multimap<core::Sequence, boost::asio::steady_timer*> waiters_;  // by what they need
    std::mutex readers_mutex_;
    std::vector<ReaderPointer> readers_;
    std::atomic<std::size_t> waiting_{0};
    std::atomic<bool> is_stopping_{false};
    boost::asio::thread_pool pool_;
};

}  // namespace sauda::api_server
