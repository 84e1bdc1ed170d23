/// What every program of the exchange does about signals: SIGTERM and SIGINT stop it, SIGHUP has it open its
/// log anew and read its settings again.
///
/// Threads: the network thread.
#pragma once

#include <functional>
#include <string>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include "base/result.h"
#include "sauda/config.h"

namespace sauda {

/// Reads the settings again, as at the start; the error is a sentence.
using ReadConfig = std::function<base::Result<RunConfig, std::string>()>;

class ProcessSignals {
public:
    struct Hooks {
        std::function<void(std::string why)> stop;
        /// Live settings have changed; empty: the program has none of its own.
        std::function<void(const RunConfig&)> set_live_settings;
    };
    /// Listens from now on. `config` are the settings that hold now.
    ProcessSignals(boost::asio::io_context& io, const RunConfig& config, ReadConfig read_config, Hooks hooks);

private:
    void await_stop();
    void await_reload();
    void reload();

    boost::asio::signal_set stops_;
    boost::asio::signal_set reloads_;
    RunConfig live_config_;  // as reloads left it
    const ReadConfig read_config_;
    const Hooks hooks_;
};

}  // namespace sauda
