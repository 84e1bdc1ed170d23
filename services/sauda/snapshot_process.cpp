#include "sauda/snapshot_process.h"

#include <array>
#include <csignal>
#include <cstring>
#include <sched.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "telemetry/log.h"

extern char** environ;

namespace sauda {

namespace {

/// What the process starts with: standard input, output and error, and nothing else. A socket that it held
/// would keep a closed connection alive, and the port taken after the exchange had died.
class InheritedFiles {
public:
    InheritedFiles() {
        posix_spawn_file_actions_init(&actions_);
        posix_spawn_file_actions_addclosefrom_np(&actions_, first_other);
    }
    InheritedFiles(const InheritedFiles&) = delete;
    InheritedFiles& operator=(const InheritedFiles&) = delete;
    ~InheritedFiles() { posix_spawn_file_actions_destroy(&actions_); }

    const posix_spawn_file_actions_t* get() const { return &actions_; }

private:
    static constexpr int first_other = 3;
    posix_spawn_file_actions_t actions_{};
};

/// An idle process from its first instruction on: loading a program is milliseconds, too.
class IdleFromTheStart {
public:
    IdleFromTheStart() {
        posix_spawnattr_init(&attributes_);
        const sched_param no_priority{};
        posix_spawnattr_setschedpolicy(&attributes_, SCHED_IDLE);
        posix_spawnattr_setschedparam(&attributes_, &no_priority);
        posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSCHEDULER);
    }
    IdleFromTheStart(const IdleFromTheStart&) = delete;
    IdleFromTheStart& operator=(const IdleFromTheStart&) = delete;
    ~IdleFromTheStart() { posix_spawnattr_destroy(&attributes_); }

    const posix_spawnattr_t* get() const { return &attributes_; }

private:
    posix_spawnattr_t attributes_{};
};

}  // namespace

bool SnapshotProcess::is_running() {
    if (process_ == 0) return false;
    int status = 0;
    if (waitpid(process_, &status, WNOHANG) == 0) return true;
    const bool is_good = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    if (!is_good)
        telemetry::log::warning("rolling a snapshot forward failed; the journal is whole",
                                {{"status", status}});
    process_ = 0;
    return false;
}

void SnapshotProcess::stop() {
    if (process_ == 0) return;
    kill(process_, SIGTERM);  // not yet reaped, so the number is still its own
    waitpid(process_, nullptr, 0);
    process_ = 0;
}

void SnapshotProcess::start(const std::string& data_dir, std::uint64_t through, std::uint64_t keep) {
    if (is_running()) return;
    std::string words[] = {"sauda",         "journal",
                           "roll-snapshot", data_dir,
                           "--through",     std::to_string(through),
                           "--keep",        std::to_string(keep),
                           "--parent",      std::to_string(getpid())};
    std::array<char*, std::size(words) + 1> arguments{};
    for (std::size_t i = 0; i < std::size(words); ++i) arguments[i] = words[i].data();
    const InheritedFiles files;
    const IdleFromTheStart idle;
    const int error =
        posix_spawn(&process_, "/proc/self/exe", files.get(), idle.get(), arguments.data(), environ);
    if (error == 0) return;
    process_ = 0;
    telemetry::log::warning("the snapshot process cannot be started", {{"reason", std::strerror(error)}});
}

}  // namespace sauda
