/// Ends what waits for a server, from another thread.
#pragma once

namespace sauda::sql {

/// Threads: any.
class Interrupt {
public:
    Interrupt();
    ~Interrupt();
    Interrupt(const Interrupt&) = delete;
    Interrupt& operator=(const Interrupt&) = delete;

    /// What waits, or will, loses its connection.
    void raise();
    /// Readable once it was raised.
    int descriptor() const { return descriptor_; }

private:
    int descriptor_;
};

}  // namespace sauda::sql
