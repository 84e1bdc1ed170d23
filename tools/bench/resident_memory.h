/// What this process holds in memory now.
#pragma once

namespace sauda::bench {

/// Pages in memory, shared ones included, in bytes.
double resident_bytes();

/// Gives memory that nobody uses back to the system, so that using it again shows.
void release_free_memory();

}  // namespace sauda::bench
