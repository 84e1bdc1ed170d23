/// `sauda history-writer`: projects another process's events into history.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "sauda/config.h"
#include "sauda/process_signals.h"

namespace sauda {

/// Threads: run() is the network thread; the writer has its own.
class HistoryProgram {
public:
    /// Waits for the engine. The error is a sentence.
    static base::Result<std::unique_ptr<HistoryProgram>, std::string> open(const RunConfig& config,
                                                                           ReadConfig read_config);
    ~HistoryProgram();
    HistoryProgram(const HistoryProgram&) = delete;
    HistoryProgram& operator=(const HistoryProgram&) = delete;

    /// Writes until SIGTERM or SIGINT. Returns the process's exit status.
    int run();

private:
    struct Impl;
    explicit HistoryProgram(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace sauda
