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
    /// chance. The process ends with the calling thread, a killed exchange included: one that outlived it
    /// would prune snapshots that the next one is reading.
    void start(const std::string& data_dir, std::uint64_t through, std::uint64_t keep);

    /// Ends the process if it is at work: the engine is about to save and prune snapshots itself. What it had
    /// half written is swept away later.
    void stop();

    /// Whether it is still at work. One that failed is logged when this finds it ended.
    bool is_running();

private:
    pid_t process_ = 0;
};

}  // namespace sauda
