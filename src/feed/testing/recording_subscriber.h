/// A connection that remembers what it was sent, and reads as slowly as a test wants.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "feed/subscriber.h"

namespace sauda::feed {

/// The tests' wire format: one message per line.
inline void frame_line(std::string& out, std::string_view text) {
    out += text;
    out += '\n';
}

class RecordingSubscriber final : public Subscriber {
public:
    bool send(const Buffer& frames) override {
        if (is_closed) return false;
        if (is_stalled) queued += frames->size();
        buffers.push_back(frames);
        for (std::size_t at = 0; at < frames->size();) {
            const std::size_t end = frames->find('\n', at);
            messages.push_back(frames->substr(at, end - at));
            at = end + 1;
        }
        return true;
    }
    std::size_t queued_bytes() const override { return queued; }
    void close(std::uint16_t code, std::string_view reason) override {
        is_closed = true;
        close_code = code;
        close_reason = reason;
    }

    /// What came since the last call.
    std::vector<std::string> take() {
        buffers.clear();
        return std::exchange(messages, {});
    }
    void drain() {
        is_stalled = false;
        queued = 0;
    }

    bool is_stalled = false;  ///< what is sent waits, until drain()
    bool is_closed = false;
    std::size_t queued = 0;
    std::uint16_t close_code = 0;
    std::string close_reason;
    std::vector<Buffer> buffers;
    std::vector<std::string> messages;
};

}  // namespace sauda::feed
