/// The process of low priority that rolls the newest snapshot forward over closed journal segments, beside
/// the engine.
///
/// Threads: one owner at a time.
#pragma once

#include <cstdint>
#include <string>
#include <sys/types.h>

namespace sauda {

class SnapshotProcess {
public:
    /// Starts `sauda journal roll-snapshot` unless one is still at work; then the next segment gives another
    /// chance.
    void start(const std::string& data_dir, std::uint64_t through, std::uint64_t keep);

private:
    bool is_running();

    pid_t process_ = 0;
};

}  // namespace sauda
