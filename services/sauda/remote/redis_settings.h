/// From the settings to where Redis is.
#pragma once

#include <string>

#include "base/result.h"
#include "redis_streams/config.h"
#include "sauda/config.h"

namespace sauda {

/// Reads `redis.url`, its passwords and `shard`. `program` is shown by CLIENT LIST. The error is a
/// sentence that names the setting.
base::Result<bus::redis::RedisConfig, std::string> redis_config(const RunConfig& config,
                                                                const std::string& program);

}  // namespace sauda
