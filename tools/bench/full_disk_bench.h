/// `sauda bench full-disk`: a disk fills up under an engine at work, and what was acknowledged is looked for.
#pragma once

#include <cstdint>
#include <string>

namespace sauda::bench {

struct FullDiskOptions {
    std::string data_dir = ".";    ///< a new folder in it takes the files, and goes after
    std::uint64_t disk_mib = 128;  ///< by so much files may grow until the disk is full
    std::uint64_t segment_mib = 16;
    bool json = false;
};

/// Sends orders until the engine takes no more because its journal failed, then recovers as a restart does,
/// on the disk with room again. Returns the exit status: 1 when a command is missing whose events had been
/// released, or when the disk did not fill up.
int run_full_disk_bench(const FullDiskOptions& options);

}  // namespace sauda::bench
