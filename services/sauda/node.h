/// The whole exchange in one process: engine, views, API, WebSocket, demo, wired together.
///
/// Threads: run() is the network thread; the engine and the identity pool have their own.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "sauda/config.h"
#include "sauda/process_signals.h"

namespace sauda {

class Node {
public:
    /// Opens or makes the data directory, recovers the engine and folds the views. The error is a sentence.
    /// `read_config` is called on SIGHUP, on the network thread.
    static base::Result<std::unique_ptr<Node>, std::string> open(const RunConfig& config,
                                                                 ReadConfig read_config);
    ~Node();
    Node(const Node&) = delete;
    Node& operator=(const Node&) = delete;

    /// Serves until SIGTERM or SIGINT, or until the journal fails; SIGHUP has it read its settings and open
    /// its log anew. Returns the process's exit status.
    int run();

private:
    struct Impl;
    explicit Node(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace sauda
