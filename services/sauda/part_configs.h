/// From the settings of `sauda run` to what each part of the node is configured with.
#pragma once

#include <string>

#include "api-server/context.h"
#include "base/result.h"
#include "history-writer/history_writer.h"
#include "net/http_config.h"
#include "orderbook-engine/engine.h"
#include "sauda/config.h"

namespace sauda {

/// What contradicts itself between settings, in a sentence: the demo's known password never leaves loopback.
base::Result<void, std::string> check_settings(const RunConfig& config);

net::HttpConfig http_config(const RunConfig& config);
orderbook_engine::EngineConfig engine_config(const RunConfig& config);
history_writer::HistoryWriterConfig history_config(const RunConfig& config);
api_server::Limits rate_limits(const RunConfig& config);

}  // namespace sauda
