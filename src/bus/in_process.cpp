#include "bus/in_process.h"

#include <utility>

#include "base/assert.h"

namespace sauda::bus {

CommandQueue::CommandQueue(CommandQueueLimits limits, Wake wake) : limits_(limits), wake_(std::move(wake)) {
    ASSERT(limits_.frames_max > 0);
}

Offer CommandQueue::admission(std::size_t count, Lane lane) const {
    if (closed_) return Offer::closed;
    if (lane == Lane::placing && cancel_only_) return Offer::back_pressured;
    const std::size_t room = limits_.frames_max + (lane == Lane::reserved ? limits_.frames_reserved : 0);
    return waiting_.size() + count <= room ? Offer::accepted : Offer::back_pressured;
}

template <class Append>
Offer CommandQueue::offer_with(std::size_t count, Lane lane, Append append) {
    bool was_empty = false;
    {
        const std::lock_guard lock(mutex_);
        const Offer verdict = admission(count, lane);
        if (verdict != Offer::accepted) return verdict;
        was_empty = waiting_.empty();
        append();
    }
    if (was_empty && count > 0 && wake_) wake_();
    return Offer::accepted;
}

Offer CommandQueue::offer(base::ByteView frame, Lane lane) {
    ASSERT(frame.size() <= limits_.frame_size_max);
    return offer_with(1, lane, [&] { waiting_.append(frame); });
}

Offer CommandQueue::offer_all(const FrameBatch& frames, Lane lane) {
    for (std::size_t i = 0; i < frames.size(); ++i) ASSERT(frames[i].size() <= limits_.frame_size_max);
    return offer_with(frames.size(), lane, [&] { waiting_.append_all(frames); });
}

std::size_t CommandQueue::take(FrameBatch& into) {
    into.clear();
    const std::lock_guard lock(mutex_);
    into.swap(waiting_);
    return into.size();
}

bool CommandQueue::drained() const {
    const std::lock_guard lock(mutex_);
    return closed_ && waiting_.empty();
}

void CommandQueue::cancel_only(bool on) {
    const std::lock_guard lock(mutex_);
    cancel_only_ = on;
}

void CommandQueue::close() {
    {
        const std::lock_guard lock(mutex_);
        if (std::exchange(closed_, true)) return;
    }
    if (wake_) wake_();
}

std::size_t CommandQueue::waiting() const {
    const std::lock_guard lock(mutex_);
    return waiting_.size();
}

BroadcastQueue::BroadcastQueue(std::size_t bytes_max, Wake wake, std::uint64_t published)
    : bytes_max_(bytes_max), wake_(std::move(wake)), published_(published) {}

bool BroadcastQueue::add(const Chunk& chunk) {
    const std::lock_guard lock(mutex_);
    published_ = chunk.last;
    if (fell_behind_) return false;  // it was woken when it fell
    const bool was_empty = waiting_.empty();
    if (waiting_bytes_ + chunk.bytes->size() > bytes_max_) {
        fell_behind_ = true;
        waiting_.clear();
        waiting_bytes_ = 0;
    } else {
        waiting_.push_back(chunk);
        waiting_bytes_ += chunk.bytes->size();
    }
    return was_empty;
}

bool BroadcastQueue::close() {
    const std::lock_guard lock(mutex_);
    return !std::exchange(closed_, true);
}

BroadcastConsumer::Taken BroadcastQueue::take(std::vector<Chunk>& into) {
    into.clear();
    const std::lock_guard lock(mutex_);
    if (fell_behind_) return Taken::fell_behind;
    if (waiting_.empty()) return closed_ ? Taken::closed : Taken::chunks;
    into.swap(waiting_);
    waiting_bytes_ = 0;
    return Taken::chunks;
}

std::uint64_t BroadcastQueue::rejoin() {
    const std::lock_guard lock(mutex_);
    waiting_.clear();
    waiting_bytes_ = 0;
    fell_behind_ = false;
    return published_;
}

std::size_t BroadcastQueue::waiting_bytes() const {
    const std::lock_guard lock(mutex_);
    return waiting_bytes_;
}

std::vector<std::shared_ptr<BroadcastQueue>> Broadcast::consumers() {
    std::vector<std::shared_ptr<BroadcastQueue>> alive;
    std::erase_if(consumers_, [&](const std::weak_ptr<BroadcastQueue>& consumer) {
        std::shared_ptr<BroadcastQueue> held = consumer.lock();
        if (!held) return true;
        alive.push_back(std::move(held));
        return false;
    });
    return alive;
}

void Broadcast::publish(const Chunk& chunk) {
    ASSERT(chunk.bytes != nullptr);
    ASSERT(chunk.first <= chunk.last);
    std::vector<std::shared_ptr<BroadcastQueue>> to;
    {
        // A consumer that joins from here on starts behind this chunk and finds it in the event log.
        const std::lock_guard lock(mutex_);
        ASSERT(!closed_);
        ASSERT(published_ == 0 || chunk.first == published_ + 1);
        published_ = chunk.last;
        to = consumers();
    }
    for (const auto& consumer : to) {
        if (consumer->add(chunk) && consumer->wake_) consumer->wake_();
    }
}

std::shared_ptr<BroadcastQueue> Broadcast::join(std::size_t bytes_max, Wake wake) {
    const std::lock_guard lock(mutex_);
    std::shared_ptr<BroadcastQueue> queue(new BroadcastQueue(bytes_max, std::move(wake), published_));
    if (closed_) queue->close();
    consumers_.push_back(queue);
    return queue;
}

void Broadcast::close() {
    std::vector<std::shared_ptr<BroadcastQueue>> to;
    {
        const std::lock_guard lock(mutex_);
        if (std::exchange(closed_, true)) return;
        to = consumers();
    }
    for (const auto& consumer : to) {
        if (consumer->close() && consumer->wake_) consumer->wake_();
    }
}

std::uint64_t Broadcast::published() const {
    const std::lock_guard lock(mutex_);
    return published_;
}

}  // namespace sauda::bus
