/// The disk that the engine works on.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "base/result.h"
#include "journal/file_system.h"

namespace sauda {

struct Disk {
    std::unique_ptr<journal::FileSystem> files;
    /// Set once the engine has recovered: from then on a test's delay counts.
    std::shared_ptr<std::atomic<bool>> has_recovered;
};

/// The real disk. A test may set SAUDA_TEST_SYNC_DELAY_MS: so much longer each sync then takes once the
/// engine has recovered. The error is a sentence about what it is set to.
base::Result<Disk, std::string> make_disk();

}  // namespace sauda
