#include "bench/idle_loop.h"

#include <csignal>
#include <sched.h>
#include <spawn.h>
#include <string>
#include <sys/wait.h>

extern char** environ;

namespace sauda::bench {

bool IdleLoop::start() {
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    const sched_param no_priority{};
    posix_spawnattr_setschedpolicy(&attributes, SCHED_IDLE);
    posix_spawnattr_setschedparam(&attributes, &no_priority);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSCHEDULER);
    std::string words[] = {"sh", "-c", "while :; do :; done"};
    char* arguments[] = {words[0].data(), words[1].data(), words[2].data(), nullptr};
    const int error = posix_spawn(&process_, "/bin/sh", nullptr, &attributes, arguments, environ);
    posix_spawnattr_destroy(&attributes);
    if (error != 0) process_ = 0;
    return error == 0;
}

void IdleLoop::stop() {
    if (process_ == 0) return;
    kill(process_, SIGKILL);  // not yet reaped, so the number is still its own
    waitpid(process_, nullptr, 0);
    process_ = 0;
}

}  // namespace sauda::bench
