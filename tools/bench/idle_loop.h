/// A process of no priority that computes without end: what any such process does to those beside it.
#pragma once

#include <sys/types.h>

namespace sauda::bench {

/// Threads: one owner.
class IdleLoop {
public:
    /// False when it cannot be started.
    bool start();
    /// Ends it, if it runs.
    void stop();
    ~IdleLoop() { stop(); }

private:
    pid_t process_ = 0;
};

}  // namespace sauda::bench
