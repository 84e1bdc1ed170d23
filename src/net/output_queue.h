/// What waits to be written to one socket: frames in order, each written whole. Internal to net.
///
/// push() writes at once while nothing waits; else it queues, and the queue empties itself as the socket
/// becomes writable. It has no bound of its own: its owner compares queued_bytes() before it pushes.
///
/// Threads: the io thread.
/// Invariants: only the front frame can be partly written; queued_bytes() is the sum of what is left.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "net/counters.h"
#include "net/socket.h"
#include "net/web_socket_frame.h"

namespace sauda::net {

class OutputQueue {
public:
    /// `socket` is non-blocking and, as `counters`, outlives the queue.
    OutputQueue(Socket& socket, Counters& counters) : socket_(socket), counters_(counters) {}

    /// Who must stay alive while the queue waits for its socket. Called once, before the first push().
    void set_owner(std::weak_ptr<void> owner) { owner_ = std::move(owner); }

    /// Writes or queues. A peer that has gone closes the socket; later frames are dropped.
    void push(Frame frame);

    /// Drops all that waits, except the rest of a frame the kernel has taken a part of: what follows must
    /// start at a frame's boundary.
    void drop_waiting();

    std::size_t queued_bytes() const { return queued_bytes_; }
    bool empty() const { return queued_bytes_ == 0; }

private:
    void flush();
    std::size_t write_front();
    void consume(std::size_t bytes);
    void wait_until_writable();
    void fail();

    Socket& socket_;
    Counters& counters_;
    std::weak_ptr<void> owner_;
    // A vector with an index, for an idle std::deque holds half a kilobyte and most queues are empty.
    std::vector<Frame> frames_;
    std::size_t front_ = 0;       ///< index of the first frame not yet written whole
    std::size_t front_used_ = 0;  ///< bytes of it that are written
    std::size_t queued_bytes_ = 0;
    bool is_waiting_ = false;
    bool is_broken_ = false;
};

}  // namespace sauda::net
