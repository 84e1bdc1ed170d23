#include "feed/outbox.h"

namespace sauda::feed {

void Outbox::send(Session& session, const Buffer& frames) {
    if (session.is_closing) return;
    // A buffer larger than the cap goes to an idle connection all the same: it has not fallen behind.
    const std::size_t waiting = session.subscriber->queued_bytes();
    if (waiting > 0 && waiting + frames->size() > limits_.queued_bytes_max) {
        session.is_closing = true;
        ++counters_.slow_closes;
        session.subscriber->close(slow_consumer_code, slow_consumer_reason);
        return;
    }
    if (!session.subscriber->send(frames)) {
        session.is_closing = true;
        return;
    }
    ++counters_.sends;
    counters_.bytes_sent += frames->size();
}

}  // namespace sauda::feed
