/// The way out: messages to frames, frames to connections, and the cap on what may wait for one. Internal to
/// feed.
#pragma once

#include <cstddef>
#include <string>
#include <utility>

#include "feed/counters.h"
#include "feed/limits.h"
#include "feed/session.h"
#include "feed/subscriber.h"

namespace sauda::feed {

/// Threads: the Hub's.
class Outbox {
public:
    Outbox(Framer framer, const Limits& limits, Counters& counters)
        : framer_(framer), limits_(limits), counters_(counters) {}

    /// Appends one framed message to `frames`. `write` appends its text to the string that it is given.
    template <class Write>
    void frame(std::string& frames, Write&& write) {
        text_.clear();
        write(text_);
        framer_(frames, text_);
        ++counters_.messages_encoded;
    }
    /// One message in a buffer of its own.
    template <class Write>
    Buffer message(Write&& write) {
        std::string frames;
        frame(frames, std::forward<Write>(write));
        return std::make_shared<const std::string>(std::move(frames));
    }

    /// Hands `frames` to the session's connection. One that would have more than the cap waiting is closed as
    /// a slow consumer instead.
    void send(Session& session, const Buffer& frames);

    /// True when the connection has so much waiting that market data must not add to it.
    bool is_slow(const Session& session) const {
        return session.subscriber->queued_bytes() > limits_.conflate_above_bytes;
    }
    /// True when a conflated connection may go on.
    bool has_drained(const Session& session) const {
        return session.subscriber->queued_bytes() <= limits_.recover_below_bytes;
    }

private:
    Framer framer_;
    const Limits& limits_;
    Counters& counters_;
    std::string text_;
};

}  // namespace sauda::feed
