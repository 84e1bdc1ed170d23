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
    /// Waits for the engine and folds the views. `role` is one of the two. The error is a sentence.
    static base::Result<std::unique_ptr<FrontProgram>, std::string> open(const RunConfig& config,
                                                                         FrontRole role,
                                                                         ReadConfig read_config);
    ~FrontProgram();
    FrontProgram(const FrontProgram&) = delete;
    FrontProgram& operator=(const FrontProgram&) = delete;

    /// Serves until SIGTERM or SIGINT. Returns the process's exit status.
    int run();

private:
    struct Impl;
    explicit FrontProgram(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace sauda
