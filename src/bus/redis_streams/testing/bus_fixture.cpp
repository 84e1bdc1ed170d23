#include "redis_streams/testing/bus_fixture.h"

#include <cstring>

#include "base/assert.h"

namespace sauda::bus::redis {

bool run_until(boost::asio::io_context& io, const std::function<bool()>& condition) {
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!condition()) {
        if (std::chrono::steady_clock::now() > give_up) return false;
        io.restart();
        io.run_one_for(std::chrono::milliseconds(10));
    }
    return true;
}

void run_for(boost::asio::io_context& io, std::chrono::milliseconds duration) {
    io.restart();
    io.run_for(duration);
}

RedisConfig config_of(const RedisServer& server) {
    RedisConfig config;
    config.server.port = server.port();
    return config;
}

base::Bytes event_frame(std::uint64_t sequence) {
    base::Bytes frame;
    base::ByteWriter writer(frame);
    writer.put(sequence);
    while (frame.size() < event_size) writer.put(sequence * 0x9E37'79B9'7F4A'7C15);
    return frame;
}

Chunk event_chunk(std::uint64_t first, std::uint64_t last) {
    base::Bytes bytes;
    for (std::uint64_t sequence = first; sequence <= last; ++sequence) {
        const base::Bytes frame = event_frame(sequence);
        bytes.insert(bytes.end(), frame.begin(), frame.end());
    }
    return {first, last, std::make_shared<const base::Bytes>(std::move(bytes))};
}

std::vector<std::uint64_t> sequences_of(const Chunk& chunk) {
    ASSERT(chunk.bytes->size() % event_size == 0);
    std::vector<std::uint64_t> sequences;
    for (std::size_t at = 0; at < chunk.bytes->size(); at += event_size) {
        std::uint64_t sequence = 0;
        std::memcpy(&sequence, chunk.bytes->data() + at, sizeof sequence);
        const base::Bytes whole = event_frame(sequence);
        ASSERT(std::memcmp(whole.data(), chunk.bytes->data() + at, event_size) == 0);
        sequences.push_back(sequence);
    }
    ASSERT(sequences.front() == chunk.first);
    ASSERT(sequences.back() == chunk.last);
    return sequences;
}

std::size_t bytes_through(base::ByteView frames, std::uint64_t sequence) {
    std::size_t at = 0;
    while (at < frames.size()) {
        std::uint64_t here = 0;
        std::memcpy(&here, frames.data() + at, sizeof here);
        if (here > sequence) break;
        at += event_size;
    }
    return at;
}

}  // namespace sauda::bus::redis
