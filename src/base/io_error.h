/// What the world refused: the operation, on what, and the system's reason.
#pragma once

#include <string>

namespace sauda::base {

struct IoError {
    std::string operation;  ///< what was tried: "open", "fdatasync"
    std::string path;       ///< on what
    int error_number = 0;   ///< errno, 0 when the reason is not the system's
    std::string detail;     ///< more, when errno does not say enough

    /// One sentence: "fdatasync data/journal/000001.seg: No space left on device".
    std::string message() const;
};

}  // namespace sauda::base
