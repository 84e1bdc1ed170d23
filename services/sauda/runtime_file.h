/// Where a running exchange can be reached: `runtime.json` in its data directory, written when it listens and
/// removed when it stops. `sauda admin` reads it.
#pragma once

#include <cstdint>
#include <string>

#include "base/io_error.h"
#include "base/result.h"

namespace sauda {

struct Runtime {
    std::string host;
    std::uint16_t http_port = 0;
    std::uint16_t ws_port = 0;
    std::int64_t process = 0;
};

base::Result<void, base::IoError> write_runtime(const std::string& data_dir, const Runtime& runtime);
/// Fails with a sentence that says how to start the exchange when there is none.
base::Result<Runtime, base::IoError> read_runtime(const std::string& data_dir);
void remove_runtime(const std::string& data_dir);

}  // namespace sauda
