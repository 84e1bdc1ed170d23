#include "sauda/process_signals.h"

#include <csignal>
#include <utility>

#include "telemetry/log.h"

namespace sauda {

namespace log = telemetry::log;

ProcessSignals::ProcessSignals(boost::asio::io_context& io, const RunConfig& config, ReadConfig read_config,
                               Hooks hooks)
    : stops_(io, SIGINT, SIGTERM),
      reloads_(io, SIGHUP),
      live_config_(config),
      read_config_(std::move(read_config)),
      hooks_(std::move(hooks)) {
    await_stop();
    await_reload();
}

void ProcessSignals::await_stop() {
    stops_.async_wait([this](const boost::system::error_code& error, int signal) {
        if (!error) hooks_.stop(signal == SIGINT ? "SIGINT" : "SIGTERM");
    });
}

void ProcessSignals::await_reload() {
    reloads_.async_wait([this](const boost::system::error_code& error, int) {
        if (error) return;
        if (const std::string problem = log::reopen(); !problem.empty())
            log::error("the log file cannot be opened again; the old one is written on",
                       {{"reason", problem}});
        reload();
        await_reload();
    });
}

/// Takes over what may change while it runs, all of it or, where anything is wrong, nothing.
void ProcessSignals::reload() {
    const auto wanted = read_config_();
    if (!wanted)
        return log::error("the settings cannot be read; those before stay", {{"reason", wanted.error()}});
    const ConfigChanges changes = take_live_settings(live_config_, *wanted);
    if (hooks_.set_live_settings) hooks_.set_live_settings(live_config_);
    log::Level level{};
    log::parse_level(live_config_.log_level, level);
    log::set_level(level);
    for (const std::string& key : changes.need_restart)
        log::warning("a setting has changed that holds from the next start on", {{"setting", key}});
    for (const std::string& key : changes.taken) log::info("a setting has changed", {{"setting", key}});
    log::info("settings read again",
              {{"changed", changes.taken.size()}, {"need_restart", changes.need_restart.size()}});
}

}  // namespace sauda
