#include "sauda/stand_back.h"

#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace sauda {

/// A low nice value is not enough: a process that merely gets less still keeps a core for some milliseconds
/// from a thread that wakes up, an idle one gives it at once.
void stand_back() {
    const sched_param no_priority{};
    if (sched_setscheduler(0, SCHED_IDLE, &no_priority) != 0) setpriority(PRIO_PROCESS, 0, 19);
    constexpr int who_process = 1;       // IOPRIO_WHO_PROCESS: no header of the C library has them
    constexpr int class_idle = 3 << 13;  // IOPRIO_CLASS_IDLE
    syscall(SYS_ioprio_set, who_process, 0, class_idle);
}

}  // namespace sauda
