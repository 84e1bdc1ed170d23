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

#include "api-server/waiting_room.h"
#include "history/reader.h"
#include "net/http_message.h"

namespace sauda::api_server {

struct HistoryPoolConfig {
    std::string store;  ///< a path, or the connection URI of a PostgreSQL database
    std::size_t threads = 1;
    std::size_t waiting_max = 256;  ///< reads that may wait or run at once; more are refused
    std::size_t share_max = 16;     ///< likewise of one asker, so that nobody keeps the others out
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
    /// Whose share a read takes of what may wait.
    static std::string asker(core::AccountId account) { return "account " + std::to_string(account.raw); }
    static std::string asker(const net::Request& request) { return "address " + request.peer_address; }

    HistoryPool(HistoryPoolConfig config, HistoryPoolHooks hooks);
    /// What runs is finished, what waits is not begun.
    ~HistoryPool();

    /// Waits until history goes through `needed`, at most 200 ms, then runs `work(history::Reader&)`, which
    /// returns a Read<net::Response>, on the pool, and resumes the caller on its own thread. Where a reader
    /// of before fails, `work` runs again with a new one. Answers 503 `history_behind` where history did not
    /// get there in time, `overloaded` where too many wait, and `history_failed` where the database could not
    /// be read; 429 `rate_limited` where too many of `asker` wait, who is an account, or an address.
    template <class Work>
    boost::asio::awaitable<net::Response> run(std::string asker, core::Sequence needed, Work work) {
        const auto place = room_.enter(asker);
        if (!place) co_return place.error() == WaitingRoom::Full::share ? too_many_of_yours() : too_many();
        const bool is_there = co_await reach(needed);
        if (!is_there) co_return behind();
        // Named before it is awaited: g++ 12 destroys a temporary closure in a co_await expression twice.
        auto task = [this, work = std::move(work)]() mutable -> boost::asio::awaitable<net::Response> {
            co_return answer(work);
        };
        auto response = co_await boost::asio::co_spawn(pool_, std::move(task), boost::asio::use_awaitable);
        co_return response;
    }

    /// History goes further: resumes who waited for it.
    void on_projected();

    std::size_t waiting() const { return room_.taken(); }

private:
    using ReaderPointer = std::unique_ptr<history::Reader>;

    boost::asio::awaitable<bool> reach(core::Sequence needed);
    static net::Response too_many();
    static net::Response too_many_of_yours();
    static net::Response behind();
    static net::Response failed(const base::IoError& error);
    static void lower_priority_once();
    /// Null: none is at hand.
    ReaderPointer take_kept();
    void forget_kept();
    net::Response give_back(ReaderPointer reader, net::Response response);

    /// On a thread of the pool.
    template <class Work>
    net::Response answer(Work& work) {
        lower_priority_once();
        if (is_stopping_) return too_many();
        if (ReaderPointer kept = take_kept()) {
            history::Read<net::Response> response = work(*kept);
            if (response) return give_back(std::move(kept), std::move(*response));
            // Its server may have been away and be back, or its file be another: those like it are of no use.
            forget_kept();
        }
        auto reader = history::Reader::open(store_);
        if (!reader) return failed(reader.error());
        history::Read<net::Response> response = work(**reader);
        if (!response) return failed(response.error());
        return give_back(std::move(*reader), std::move(*response));
    }

    const std::string store_;
    const HistoryPoolHooks hooks_;
    WaitingRoom room_;
    std::multimap<core::Sequence, boost::asio::steady_timer*> waiters_;  // by what they need
    std::mutex readers_mutex_;
    std::vector<ReaderPointer> readers_;
    std::atomic<bool> is_stopping_{false};
    boost::asio::thread_pool pool_;
};

}  // namespace sauda::api_server
