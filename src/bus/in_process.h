/// The bus inside one process: a command queue of many producers and one consumer, and an event broadcast.
///
/// Threads: everything here may be called from any thread, under one short mutex per queue (a copy of some
/// hundred bytes, or a swap). A mutex is enough: it is taken once per offer and once per batch taken, which
/// is far cheaper than the sync that follows; measured contention would be the reason for a ring. Wake-ups
/// are called outside the lock, on the thread that offered, and only when the queue was empty before: a
/// consumer must therefore take until empty before it sleeps. They may only post or signal, and one may still
/// be called for a moment after its consumer left: what it captures must own what it touches.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "bus/broadcast.h"
#include "bus/consumer.h"
#include "bus/producer.h"

namespace sauda::bus {

using Wake = std::function<void()>;

struct CommandQueueLimits {
    std::size_t frames_max = 65'536;      ///< of both lanes together, until placing is refused
    std::size_t frames_reserved = 8'192;  ///< on top of these, for the reserved lane alone
    std::size_t frame_size_max = 4'096;   ///< bytes; a larger frame is a bug of its producer
};

/// Invariant: at most frames_max + frames_reserved frames wait.
class CommandQueue final : public Producer, public Consumer {
public:
    /// `wake` tells the consumer that frames wait or that the queue was closed; empty: it polls.
    explicit CommandQueue(CommandQueueLimits limits, Wake wake = {});

    Offer offer(base::ByteView frame, Lane lane) override;
    Offer offer_all(const FrameBatch& frames, Lane lane) override;
    std::size_t take(FrameBatch& into) override;
    bool drained() const override;

    /// While on, the placing lane is refused as back-pressured: disk runs low, or the engine is stopping.
    void cancel_only(bool on);
    /// Refuses everything from now on; what waits can still be taken.
    void close();
    std::size_t waiting() const;

private:
    Offer admission(std::size_t count, Lane lane) const;
    template <class Append>
    Offer offer_with(std::size_t count, Lane lane, Append append);

    const CommandQueueLimits limits_;
    const Wake wake_;
    mutable std::mutex mutex_;
    FrameBatch waiting_;
    bool cancel_only_ = false;
    bool closed_ = false;
};

class Broadcast;

/// One consumer's backlog. Outlives neither its Broadcast's use nor needs it: both may go first.
class BroadcastQueue final : public BroadcastConsumer {
public:
    Taken take(std::vector<Chunk>& into) override;
    std::uint64_t rejoin() override;
    std::size_t waiting_bytes() const;

private:
    friend class Broadcast;
    BroadcastQueue(std::size_t bytes_max, Wake wake, std::uint64_t published);
    /// Both return whether the consumer is to be woken.
    bool add(const Chunk& chunk);
    bool close();

    const std::size_t bytes_max_;
    const Wake wake_;
    mutable std::mutex mutex_;
    std::vector<Chunk> waiting_;
    std::size_t waiting_bytes_ = 0;
    std::uint64_t published_ = 0;
    bool fell_behind_ = false;
    bool closed_ = false;
};

/// Invariant: the positions published rise without a gap.
class Broadcast final : public BroadcastProducer {
public:
    /// `published`: the last position that consumers find in the event log at start, 0 if none.
    explicit Broadcast(std::uint64_t published = 0) : published_(published) {}

    void publish(const Chunk& chunk) override;

    /// A new consumer, whose backlog is bounded by `bytes_max`, joined as by `rejoin()`.
    /// It leaves when the last reference to it goes.
    std::shared_ptr<BroadcastQueue> join(std::size_t bytes_max, Wake wake = {});
    /// No more chunks: consumers are told once they have taken what waits.
    void close();
    std::uint64_t published() const;

private:
    std::vector<std::shared_ptr<BroadcastQueue>> consumers();

    mutable std::mutex mutex_;
    std::vector<std::weak_ptr<BroadcastQueue>> consumers_;
    std::uint64_t published_ = 0;
    bool closed_ = false;
};

}  // namespace sauda::bus
