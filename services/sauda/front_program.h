/// `sauda api-server` and `sauda event-broadcaster`: a front before another process's engine. There may be
/// many of each.
///
/// Threads: run() is the network thread.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "sauda/config.h"
#include "sauda/front.h"
#include "sauda/process_signals.h"

namespace sauda {

class FrontProgram {
public:
    /// `role` is one of the two. The engines need not be there. The error is a sentence.
    static base::Result<std::unique_ptr<FrontProgram>, std::string> open(const RunConfig& config,
                                                                         FrontRole role,
                                                                         ReadConfig read_config);
    ~FrontProgram();
    FrontProgram(const FrontProgram&) = delete;
    FrontProgram& operator=(const FrontProgram&) = delete;

    /// Waits for the engine, a minute at most, and serves until SIGTERM or SIGINT. Of several engines those
    /// are waited for that answer; the others' shards are served once they do. Returns the process's exit
    /// status.
    int run();

private:
    struct Impl;
    explicit FrontProgram(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace sauda
