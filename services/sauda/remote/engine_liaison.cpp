#include "sauda/remote/engine_liaison.h"

#include <chrono>
#include <memory>
#include <utility>

#include <boost/asio/post.hpp>

namespace sauda {

namespace {

constexpr auto look_interval = std::chrono::milliseconds(500);
/// Longer than any command that was sent then can be taken.
constexpr auto trouble_matters_for = std::chrono::seconds(15);

}  // namespace

EngineLiaison::EngineLiaison(boost::asio::io_context& io, const EngineAddress& address, Hooks hooks)
    : io_(io), hooks_(std::move(hooks)), client_(address), thread_([this] { serve(); }) {}

EngineLiaison::~EngineLiaison() {
    *is_alive_ = false;
    {
        const std::lock_guard lock(mutex_);
        is_stopping_ = true;
        wake_.notify_one();
    }
    thread_.join();
}

void EngineLiaison::run(Work work, std::function<void()> done) {
    enqueue([this, work = std::move(work), done = std::move(done)](EngineClient& client) {
        work(client, is_stopping_);
        answer(done);
    });
}

void EngineLiaison::find_events(std::uint64_t from, std::size_t max_bytes, EventsFound found) {
    enqueue([this, from, max_bytes, found = std::move(found)](EngineClient& client) {
        auto page = std::make_shared<base::Result<EventsPage, std::string>>(client.events(from, max_bytes));
        answer([found, page] { found(std::move(*page)); });
    });
}

void EngineLiaison::find_frame(std::uint64_t sequence, FrameFound found) {
    enqueue([this, sequence, found = std::move(found)](EngineClient& client) {
        auto frame = client.frame(sequence);
        answer([found, frame = std::move(frame)] { found(frame); });
    });
}

void EngineLiaison::describe(Described done) {
    enqueue([this, done = std::move(done)](EngineClient& client) {
        auto described = client.describe();
        answer([done, described = std::move(described)] { done(described); });
    });
}

void EngineLiaison::find_horizon(HorizonFound found) {
    enqueue([this, found = std::move(found)](EngineClient& client) {
        auto horizon = client.horizon(since_trouble());
        answer([found, horizon = std::move(horizon)] { found(horizon); });
    });
}

void EngineLiaison::enqueue(Job job) {
    const std::lock_guard lock(mutex_);
    jobs_.push_back(std::move(job));
    wake_.notify_one();
}

void EngineLiaison::answer(std::function<void()> done) {
    boost::asio::post(io_, [is_alive = is_alive_, done = std::move(done)] {
        if (*is_alive) done();
    });
}

// --- The thread ---

void EngineLiaison::look() {
    auto described = client_.describe(since_trouble());
    answer([this, described = std::move(described)] { hooks_.on_described(described); });
}

EngineClient::SinceTrouble EngineLiaison::since_trouble() const {
    const auto at = troubled_at_.load();
    if (at == std::chrono::steady_clock::time_point::min()) return {};
    const auto ago = std::chrono::steady_clock::now() - at;
    if (ago > trouble_matters_for) return {};
    return std::chrono::duration_cast<std::chrono::milliseconds>(ago);
}

void EngineLiaison::serve() {
    auto look_at = std::chrono::steady_clock::now();
    std::unique_lock lock(mutex_);
    while (!is_stopping_) {
        if (jobs_.empty()) wake_.wait_until(lock, look_at, [this] { return is_stopping_ || !jobs_.empty(); });
        if (is_stopping_) return;
        const bool is_due = std::chrono::steady_clock::now() >= look_at;
        Job job;
        if (!jobs_.empty()) {
            job = std::move(jobs_.front());
            jobs_.pop_front();
        }
        lock.unlock();
        if (job) job(client_);
        if (is_due) {
            look();
            look_at = std::chrono::steady_clock::now() + look_interval;
        }
        lock.lock();
    }
}

}  // namespace sauda
