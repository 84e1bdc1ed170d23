#include "sauda/remote/history_progress.h"

#include <chrono>
#include <utility>

#include <boost/asio/post.hpp>

namespace sauda {

namespace {

using Clock = std::chrono::steady_clock;

constexpr auto look_interval = std::chrono::milliseconds(1'000);
constexpr auto look_interval_awaited = std::chrono::milliseconds(10);
constexpr auto awaited_for = std::chrono::milliseconds(500);

}  // namespace

HistoryProgress::HistoryProgress(boost::asio::io_context& io, std::string store,
                                 std::function<void()> on_projected)
    : io_(io), store_(std::move(store)), on_projected_(std::move(on_projected)), thread_([this] { run(); }) {}

HistoryProgress::~HistoryProgress() {
    *is_alive_ = false;
    {
        const std::lock_guard lock(mutex_);
        is_stopping_ = true;
        wake_.notify_one();
    }
    thread_.join();
}

std::string HistoryProgress::problem() const {
    const std::lock_guard lock(mutex_);
    return problem_;
}

void HistoryProgress::look_now() {
    const std::lock_guard lock(mutex_);
    is_awaited_ = true;
    wake_.notify_one();
}

// --- The thread ---

void HistoryProgress::look() {
    std::string problem;
    if (!reader_) {
        auto opened = history::Reader::open(store_);
        if (opened)
            reader_ = std::move(*opened);
        else
            problem = opened.error().message();
    }
    if (reader_) {
        const auto progress = reader_->progress();
        if (!progress) {
            problem = progress.error().message();
            reader_.reset();
        } else if (progress->sequence.raw != projected_.exchange(progress->sequence.raw)) {
            boost::asio::post(io_, [this, is_alive = is_alive_] {
                if (*is_alive) on_projected_();
            });
        }
    }
    const std::lock_guard lock(mutex_);
    problem_ = std::move(problem);
}

void HistoryProgress::run() {
    Clock::time_point awaited_until{};
    std::unique_lock lock(mutex_);
    while (!is_stopping_) {
        lock.unlock();
        look();
        lock.lock();
        if (std::exchange(is_awaited_, false)) awaited_until = Clock::now() + awaited_for;
        const bool is_awaited = Clock::now() < awaited_until;
        wake_.wait_for(lock, is_awaited ? look_interval_awaited : look_interval,
                       [&] { return is_stopping_ || (is_awaited_ && !is_awaited); });
    }
}

}  // namespace sauda
