#include "api-server/identity_pool.h"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace sauda::api_server {

IdentityPool::IdentityPool(std::size_t threads, std::size_t waiting_max, PoolPriority priority)
    : priority_(priority), pool_(threads), room_(waiting_max, waiting_max) {}

IdentityPool::~IdentityPool() {
    is_stopping_ = true;
    pool_.join();
}

void IdentityPool::lower_priority_once() {
    thread_local const bool lowered = [] {
        // A thread's own nice value on Linux: 43 ms of hashing must not take the core from the engine.
        return setpriority(PRIO_PROCESS, static_cast<id_t>(syscall(SYS_gettid)), 10) == 0;
    }();
    static_cast<void>(lowered);
}

}  // namespace sauda::api_server
