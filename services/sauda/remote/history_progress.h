/// How far history goes when another process writes it: its store is looked at, more often while somebody
/// waits.
///
/// Threads: projected() and problem() on any; the rest on the network thread. Looking blocks on the store, so
/// it has a thread of its own.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include <boost/asio/io_context.hpp>

#include "core/types/ids.h"
#include "history/reader.h"

namespace sauda {

class HistoryProgress {
public:
    /// `on_projected` is called on the network thread when history went further. `io` outlives it.
    HistoryProgress(boost::asio::io_context& io, std::string store, std::function<void()> on_projected);
    ~HistoryProgress();
    HistoryProgress(const HistoryProgress&) = delete;
    HistoryProgress& operator=(const HistoryProgress&) = delete;

    core::Sequence projected() const { return {projected_.load(std::memory_order_acquire)}; }
    std::string problem() const;
    /// Somebody waits: it is looked at often for a while.
    void look_now();

private:
    void run();
    void look();

    boost::asio::io_context& io_;
    const std::string store_;
    const std::function<void()> on_projected_;
    const std::shared_ptr<bool> is_alive_ = std::make_shared<bool>(true);  // looked at on the network thread
    std::atomic<std::uint64_t> projected_{0};

    mutable std::mutex mutex_;
    std::condition_variable wake_;
    std::string problem_;
    bool is_awaited_ = false;
    bool is_stopping_ = false;
    std::unique_ptr<history::Reader> reader_;  // the thread's
    std::thread thread_;
};

}  // namespace sauda
