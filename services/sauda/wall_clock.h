/// The one clock of the process: what the edge stamps requests with, and the engine commands.
#pragma once

#include "core/types/timestamp.h"

namespace sauda {

/// Now, by the system's clock. Threads: any.
core::TimestampNs wall_now();

}  // namespace sauda
