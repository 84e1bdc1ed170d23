#include "api-server/history_pool.h"

#include <chrono>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>

#include "api-server/responses.h"
#include "telemetry/log.h"

namespace sauda::api_server {

namespace asio = boost::asio;

namespace {

/// As long as a read waits for what its caller was told to be projected.
constexpr auto patience = std::chrono::milliseconds(200);

}  // namespace

HistoryPool::HistoryPool(HistoryPoolConfig config, HistoryPoolHooks hooks)
    : store_(std::move(config.store)),
      hooks_(std::move(hooks)),
      room_(config.waiting_max, config.share_max),
      pool_(config.threads) {}

HistoryPool::~HistoryPool() {
    is_stopping_ = true;
    pool_.join();
}

/// Whether history goes through `needed`, now or soon.
asio::awaitable<bool> HistoryPool::reach(core::Sequence needed) {
    if (hooks_.projected() >= needed) co_return true;
    const auto executor = co_await asio::this_coro::executor;
    asio::steady_timer timer(executor, patience);
    const auto at = waiters_.emplace(needed, &timer);
    hooks_.demand(needed);
    boost::system::error_code cancelled;
    auto token = asio::redirect_error(asio::use_awaitable, cancelled);
    co_await timer.async_wait(std::move(token));
    waiters_.erase(at);
    co_return hooks_.projected() >= needed;
}

void HistoryPool::on_projected() {
    const core::Sequence projected = hooks_.projected();
    for (const auto& [needed, timer] : waiters_) {
        if (needed > projected) break;
        timer->cancel();  // resumes it, later
    }
}

net::Response HistoryPool::too_many() {
    return failure(503, "overloaded", "Too many questions about the past wait; try again in a moment.");
}

net::Response HistoryPool::too_many_of_yours() {
    net::Response response =
        failure(429, "rate_limited",
                "Too many of your questions about the past wait; ask again as they are answered.");
    response.headers.emplace_back("Retry-After", "1");
    return response;
}

net::Response HistoryPool::behind() {
    return failure(503, "history_behind",
                   "History does not yet tell of everything that you were told; try again in a moment.");
}

net::Response HistoryPool::failed(const base::IoError& error) {
    telemetry::log::error("history cannot be read", {{"reason", error.message()}});
    return failure(503, "history_failed",
                   "History cannot be read now; the operator finds the reason in the log.");
}

void HistoryPool::lower_priority_once() {
    thread_local const bool lowered = [] {
        // A thread's own nice value on Linux: questions about the past must not take the core from the
        // engine.
        return setpriority(PRIO_PROCESS, static_cast<id_t>(syscall(SYS_gettid)), 19) == 0;
    }();
    static_cast<void>(lowered);
}

HistoryPool::ReaderPointer HistoryPool::take_kept() {
    const std::lock_guard lock(readers_mutex_);
    if (readers_.empty()) return nullptr;
    ReaderPointer reader = std::move(readers_.back());
    readers_.pop_back();
    return reader;
}

void HistoryPool::forget_kept() {
    std::vector<ReaderPointer> forgotten;  // made first, so that they are closed after the lock was let go
    const std::lock_guard lock(readers_mutex_);
    forgotten.swap(readers_);
}

net::Response HistoryPool::give_back(ReaderPointer reader, net::Response response) {
    const std::lock_guard lock(readers_mutex_);
    readers_.push_back(std::move(reader));
    return response;
}

}  // namespace sauda::api_server
