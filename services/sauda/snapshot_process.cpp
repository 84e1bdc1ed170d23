#include "sauda/snapshot_process.h"

#include <array>
#include <csignal>
#include <cstring>
#include <spawn.h>
#include <sys/wait.h>

#include "telemetry/log.h"

extern char** environ;

namespace sauda {

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
    if (!is_running()) return;
    kill(process_, SIGTERM);
    waitpid(process_, nullptr, 0);
    process_ = 0;
}

void SnapshotProcess::start(const std::string& data_dir, std::uint64_t through, std::uint64_t keep) {
    if (is_running()) return;
    std::string words[] = {"sauda",  "journal",           "roll-snapshot",
                           data_dir, "--through",         std::to_string(through),
                           "--keep", std::to_string(keep)};
    std::array<char*, std::size(words) + 1> arguments{};
    for (std::size_t i = 0; i < std::size(words); ++i) arguments[i] = words[i].data();
    const int error = posix_spawn(&process_, "/proc/self/exe", nullptr, nullptr, arguments.data(), environ);
    if (error == 0) return;
    process_ = 0;
    telemetry::log::warning("the snapshot process cannot be started", {{"reason", std::strerror(error)}});
}

}  // namespace sauda
