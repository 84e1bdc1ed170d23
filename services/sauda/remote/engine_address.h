/// From the settings to where the engine is asked.
#pragma once

#include <string>

#include "base/result.h"
#include "sauda/config.h"
#include "sauda/remote/engine_client.h"

namespace sauda {

/// Reads `engine.url` and the secret in internal.token, which is made where it is missing. The error is a
/// sentence.
base::Result<EngineAddress, std::string> engine_address(const RunConfig& config);

}  // namespace sauda
