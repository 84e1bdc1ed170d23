#include "bus/in_process.h"

#include <atomic>
#include <cstring>
#include <string>
#include <string_view>
#include <thread>

#include <gtest/gtest.h>

namespace sauda::bus {
namespace {

std::vector<std::string> texts(const FrameBatch& batch) {
    std::vector<std::string> result;
    for (std::size_t i = 0; i < batch.size(); ++i) result.emplace_back(base::as_text(batch[i]));
    return result;
}

Offer offer(CommandQueue& queue, std::string_view frame, Lane lane = Lane::placing) {
    return queue.offer(base::as_bytes(frame), lane);
}

Chunk chunk(std::uint64_t first, std::uint64_t last, std::size_t size = 10) {
    return {first, last, std::make_shared<const base::Bytes>(size)};
}

TEST(CommandQueue, GivesFramesInTheOrderTheyCameWhateverTheirLane) {
    CommandQueue queue({});
    EXPECT_EQ(offer(queue, "one"), Offer::accepted);
    EXPECT_EQ(offer(queue, "two", Lane::reserved), Offer::accepted);
    EXPECT_EQ(offer(queue, ""), Offer::accepted);
    FrameBatch taken;
    taken.append(base::as_bytes("left over"));
    EXPECT_EQ(queue.take(taken), 3u);
    EXPECT_EQ(texts(taken), (std::vector<std::string>{"one", "two", ""}));
    EXPECT_EQ(queue.take(taken), 0u);
    EXPECT_TRUE(taken.empty());
}

TEST(CommandQueue, RefusesPlacingWhenFullAndKeepsRoomForCancels) {
    CommandQueue queue({.frames_max = 2, .frames_reserved = 1, .frame_size_max = 64});
    EXPECT_EQ(offer(queue, "a"), Offer::accepted);
    EXPECT_EQ(offer(queue, "b"), Offer::accepted);
    EXPECT_EQ(offer(queue, "c"), Offer::back_pressured);
    EXPECT_EQ(offer(queue, "x", Lane::reserved), Offer::accepted);
    EXPECT_EQ(offer(queue, "y", Lane::reserved), Offer::back_pressured);
    FrameBatch taken;
    queue.take(taken);
    EXPECT_EQ(texts(taken), (std::vector<std::string>{"a", "b", "x"}));
    EXPECT_EQ(offer(queue, "c"), Offer::accepted);
}

TEST(CommandQueue, TakesABatchWholeOrNotAtAll) {
    CommandQueue queue({.frames_max = 3, .frames_reserved = 0, .frame_size_max = 64});
    FrameBatch two;
    two.append(base::as_bytes("a"));
    two.append(base::as_bytes("b"));
    EXPECT_EQ(queue.offer_all(two, Lane::placing), Offer::accepted);
    EXPECT_EQ(queue.offer_all(two, Lane::placing), Offer::back_pressured);
    EXPECT_EQ(queue.waiting(), 2u);
    EXPECT_EQ(offer(queue, "c"), Offer::accepted);
    FrameBatch taken;
    queue.take(taken);
    EXPECT_EQ(texts(taken), (std::vector<std::string>{"a", "b", "c"}));
}

TEST(CommandQueue, CancelOnlyRefusesPlacingAlone) {
    CommandQueue queue({});
    queue.cancel_only(true);
    EXPECT_EQ(offer(queue, "place"), Offer::back_pressured);
    EXPECT_EQ(offer(queue, "cancel", Lane::reserved), Offer::accepted);
    queue.cancel_only(false);
    EXPECT_EQ(offer(queue, "place"), Offer::accepted);
}

TEST(CommandQueue, WakesOnlyWhenItWasEmpty) {
    int wakes = 0;
    CommandQueue queue({}, [&] { ++wakes; });
    offer(queue, "a");
    offer(queue, "b");
    EXPECT_EQ(wakes, 1);
    FrameBatch taken;
    queue.take(taken);
    offer(queue, "c");
    EXPECT_EQ(wakes, 2);
}

TEST(CommandQueue, IsDrainedOnceClosedAndTaken) {
    int wakes = 0;
    CommandQueue queue({}, [&] { ++wakes; });
    offer(queue, "a");
    queue.close();
    queue.close();
    EXPECT_EQ(wakes, 2);
    EXPECT_EQ(offer(queue, "b", Lane::reserved), Offer::closed);
    EXPECT_FALSE(queue.drained());
    FrameBatch taken;
    EXPECT_EQ(queue.take(taken), 1u);
    EXPECT_TRUE(queue.drained());
}

TEST(CommandQueue, LosesNothingBetweenManyProducersAndKeepsEachInOrder) {
    constexpr std::uint64_t producers = 4;
    constexpr std::uint64_t frames_each = 5'000;
    std::atomic<std::uint64_t> wakes{0};
    CommandQueue queue({.frames_max = 64, .frames_reserved = 8, .frame_size_max = 64}, [&] {
        wakes.fetch_add(1);
        wakes.notify_one();
    });
    std::vector<std::thread> threads;
    for (std::uint64_t producer = 0; producer < producers; ++producer) {
        threads.emplace_back([&queue, producer] {
            for (std::uint64_t i = 0; i < frames_each;) {
                const std::uint64_t frame[2] = {producer, i};
                const Lane lane = i % 3 == 0 ? Lane::reserved : Lane::placing;
                if (queue.offer(std::as_bytes(std::span(frame)), lane) == Offer::accepted) {
                    ++i;
                } else {
                    std::this_thread::yield();
                }
            }
        });
    }
    // The consumer sleeps whenever it finds the queue empty: a wake-up lost would hang it.
    std::uint64_t next[producers] = {};
    FrameBatch taken;
    for (std::uint64_t got = 0; got < producers * frames_each;) {
        const std::uint64_t seen = wakes.load();
        if (queue.take(taken) == 0) {
            wakes.wait(seen);
            continue;
        }
        for (std::size_t i = 0; i < taken.size(); ++i, ++got) {
            std::uint64_t frame[2];
            std::memcpy(frame, taken[i].data(), sizeof frame);
            ASSERT_EQ(frame[1], next[frame[0]]++);
        }
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(queue.waiting(), 0u);
}

TEST(Broadcast, HandsEveryChunkToEveryConsumer) {
    Broadcast broadcast;
    const auto a = broadcast.join(1000);
    const auto b = broadcast.join(1000);
    broadcast.publish(chunk(1, 3));
    broadcast.publish(chunk(4, 4));
    std::vector<Chunk> taken;
    for (const auto& consumer : {a, b}) {
        ASSERT_EQ(consumer->take(taken), BroadcastConsumer::Taken::chunks);
        ASSERT_EQ(taken.size(), 2u);
        EXPECT_EQ(taken[0].last, 3u);
        EXPECT_EQ(taken[1].first, 4u);
        EXPECT_EQ(consumer->take(taken), BroadcastConsumer::Taken::chunks);
        EXPECT_TRUE(taken.empty());
    }
}

TEST(Broadcast, TellsAConsumerThatFellBehindAndLeavesTheOthersAlone) {
    Broadcast broadcast;
    int wakes = 0;
    const auto slow = broadcast.join(25, [&] { ++wakes; });
    const auto fast = broadcast.join(1000);
    for (std::uint64_t at = 1; at <= 4; ++at) broadcast.publish(chunk(at, at));
    std::vector<Chunk> taken;
    EXPECT_EQ(fast->take(taken), BroadcastConsumer::Taken::chunks);
    EXPECT_EQ(taken.size(), 4u);
    EXPECT_EQ(slow->take(taken), BroadcastConsumer::Taken::fell_behind);
    EXPECT_TRUE(taken.empty());
    EXPECT_EQ(slow->waiting_bytes(), 0u);
    EXPECT_EQ(slow->take(taken), BroadcastConsumer::Taken::fell_behind) << "until it rejoins";
    EXPECT_EQ(wakes, 1);

    EXPECT_EQ(slow->rejoin(), 4u);
    broadcast.publish(chunk(5, 6));
    EXPECT_EQ(slow->take(taken), BroadcastConsumer::Taken::chunks);
    ASSERT_EQ(taken.size(), 1u);
    EXPECT_EQ(taken[0].first, 5u) << "what lies between is in the event log up to what rejoin() said";
    EXPECT_EQ(wakes, 2);
}

TEST(Broadcast, WakesAConsumerWhoseFirstChunkIsTooLarge) {
    Broadcast broadcast;
    int wakes = 0;
    const auto consumer = broadcast.join(5, [&] { ++wakes; });
    broadcast.publish(chunk(1, 1));
    EXPECT_EQ(wakes, 1);
    std::vector<Chunk> taken;
    EXPECT_EQ(consumer->take(taken), BroadcastConsumer::Taken::fell_behind);
}

TEST(Broadcast, StartsALateConsumerBehindWhatTheEventLogHas) {
    Broadcast broadcast(40);
    broadcast.publish(chunk(41, 50));
    const auto late = broadcast.join(1000);
    EXPECT_EQ(late->rejoin(), 50u);
    broadcast.publish(chunk(51, 51));
    std::vector<Chunk> taken;
    late->take(taken);
    ASSERT_EQ(taken.size(), 1u);
    EXPECT_EQ(taken[0].first, 51u);
}

TEST(Broadcast, TellsConsumersThatItClosedAfterTheirLastChunk) {
    Broadcast broadcast;
    int wakes = 0;
    const auto consumer = broadcast.join(1000, [&] { ++wakes; });
    broadcast.publish(chunk(1, 1));
    broadcast.close();
    EXPECT_EQ(wakes, 2);
    std::vector<Chunk> taken;
    EXPECT_EQ(consumer->take(taken), BroadcastConsumer::Taken::chunks);
    EXPECT_EQ(taken.size(), 1u);
    EXPECT_EQ(consumer->take(taken), BroadcastConsumer::Taken::closed);
    EXPECT_EQ(broadcast.join(1000)->take(taken), BroadcastConsumer::Taken::closed);
}

TEST(Broadcast, ForgetsAConsumerThatLeft) {
    Broadcast broadcast;
    bool woken = false;
    broadcast.join(1000, [&] { woken = true; }).reset();
    broadcast.publish(chunk(1, 1));
    EXPECT_FALSE(woken);
}

TEST(Broadcast, MissesNothingWhileConsumersComeAndFallBehind) {
    constexpr std::uint64_t chunks = 20'000;
    Broadcast broadcast;
    std::atomic<std::uint64_t> logged{0};  // stands for the event log: what it has before the bus
    std::vector<std::thread> readers;
    for (std::size_t reader = 0; reader < 3; ++reader) {
        readers.emplace_back([&, reader] {
            const auto wakes = std::make_shared<std::atomic<std::uint64_t>>(0);
            const auto queue = broadcast.join(reader == 0 ? 50 : 1'000'000, [wakes] {
                wakes->fetch_add(1);
                wakes->notify_one();
            });
            std::uint64_t have = queue->rejoin();
            std::vector<Chunk> taken;
            while (have < chunks) {
                const std::uint64_t seen = wakes->load();
                const auto verdict = queue->take(taken);
                if (verdict == BroadcastConsumer::Taken::fell_behind) {
                    const std::uint64_t to = queue->rejoin();
                    EXPECT_LE(to, logged.load());
                    have = to;
                    continue;
                }
                if (taken.empty()) {
                    wakes->wait(seen);
                    continue;
                }
                for (const Chunk& each : taken) {
                    if (each.last <= have) continue;
                    EXPECT_EQ(each.first, have + 1);
                    have = each.last;
                }
            }
        });
    }
    for (std::uint64_t at = 1; at <= chunks; ++at) {
        logged.store(at);
        broadcast.publish(chunk(at, at));
    }
    for (std::thread& reader : readers) reader.join();
}

}  // namespace
}  // namespace sauda::bus
