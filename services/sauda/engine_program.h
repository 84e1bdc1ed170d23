/// `sauda orderbook-engine`: one shard's engine as a program, reached over Redis Streams and over HTTP.
///
/// Threads: run() is the network thread; the engine has its own.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "sauda/config.h"
#include "sauda/process_signals.h"

namespace sauda {

class EngineProgram {
public:
    /// Recovers the data directory. The error is a sentence.
    static base::Result<std::unique_ptr<EngineProgram>, std::string> open(const RunConfig& config,
                                                                          ReadConfig read_config);
    ~EngineProgram();
    EngineProgram(const EngineProgram&) = delete;
    EngineProgram& operator=(const EngineProgram&) = delete;

    /// Serves until SIGTERM or SIGINT, or until the journal fails or Redis turns out to be another journal's.
    /// Returns the process's exit status.
    int run();

private:
    struct Impl;
    explicit EngineProgram(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace sauda
