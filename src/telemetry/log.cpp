#include "telemetry/log.h"

#include <atomic>
#include <chrono>
#include <ctime>
#include <iterator>
#include <memory>

#include <fmt/format.h>
#include <spdlog/async.h>
#include <spdlog/sinks/dist_sink.h>
#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "telemetry/log_text.h"

namespace sauda::telemetry::log {

namespace {

std::shared_ptr<spdlog::async_logger> logger;
std::shared_ptr<spdlog::sinks::dist_sink_mt> outlet;  // holds the one sink, which reopen() replaces
Config config_on;
std::atomic<Level> level_on = Level::info;

constexpr std::string_view names[] = {"debug", "info", "warning", "error"};

void append_value(std::string& out, const Field& field) {
    if (const auto* text = std::get_if<std::string_view>(&field.value)) {
        out.push_back('"');
        append_escaped(out, *text);
        out.push_back('"');
    } else if (const auto* flag = std::get_if<bool>(&field.value)) {
        out += *flag ? "true" : "false";
    } else if (const auto* number = std::get_if<std::int64_t>(&field.value)) {
        fmt::format_to(std::back_inserter(out), "{}", *number);
    } else if (const auto* count = std::get_if<std::uint64_t>(&field.value)) {
        fmt::format_to(std::back_inserter(out), "{}", *count);
    }
}

std::string utc(std::int64_t time_ms) {
    const std::time_t seconds = time_ms / 1000;
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", parts.tm_year + 1900, parts.tm_mon + 1,
                       parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec, time_ms % 1000);
}

std::int64_t wall_ms() {
    return std::chrono::duration_cast<std::chrono::milliseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
}

spdlog::level::level_enum spdlog_level(Level level) {
    constexpr spdlog::level::level_enum levels[] = {spdlog::level::debug, spdlog::level::info,
                                                    spdlog::level::warn, spdlog::level::err};
    return levels[static_cast<std::size_t>(level)];
}

/// Throws spdlog_ex where the file cannot be opened.
std::shared_ptr<spdlog::sinks::sink> open_sink() {
    std::shared_ptr<spdlog::sinks::sink> sink;
    if (config_on.file.empty()) {
        sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
    } else {
        sink = std::make_shared<spdlog::sinks::rotating_file_sink_mt>(config_on.file, config_on.rotate_bytes,
                                                                      config_on.rotate_files);
    }
    sink->set_pattern("%v");
    return sink;
}

}  // namespace

bool parse_level(std::string_view text, Level& level) {
    for (std::size_t i = 0; i < std::size(names); ++i) {
        if (names[i] != text) continue;
        level = static_cast<Level>(i);
        return true;
    }
    return false;
}

void start(const Config& config) {
    spdlog::init_thread_pool(8192, 1);
    config_on = config;
    outlet = std::make_shared<spdlog::sinks::dist_sink_mt>();
    outlet->set_sinks({open_sink()});
    logger = std::make_shared<spdlog::async_logger>("sauda", outlet, spdlog::thread_pool(),
                                                    spdlog::async_overflow_policy::overrun_oldest);
    level_on = config.level;
    logger->set_level(spdlog_level(config.level));
    logger->flush_on(spdlog::level::warn);
    spdlog::flush_every(std::chrono::seconds(1));
    spdlog::register_logger(logger);
}

void set_level(Level level) {
    level_on = level;
    if (logger) logger->set_level(spdlog_level(level));
}

std::string reopen() {
    if (!logger || config_on.file.empty()) return {};
    try {
        outlet->set_sinks({open_sink()});
        return {};
    } catch (const spdlog::spdlog_ex& error) {
        return error.what();
    }
}

void stop() {
    if (!logger) return;
    logger->flush();
    logger.reset();
    outlet.reset();
    spdlog::shutdown();
}

bool is_on(Level level) {
    return logger != nullptr && level >= level_on;
}

std::string format_line(Level level, std::string_view message, Fields fields, std::int64_t time_ms) {
    std::string line = fmt::format(R"({{"time":"{}","level":"{}","message":")", utc(time_ms),
                                   names[static_cast<std::size_t>(level)]);
    append_escaped(line, message);
    line.push_back('"');
    for (const Field& field : fields) {
        if (field.is_absent()) continue;
        line += ",\"";
        append_escaped(line, field.name);
        line += "\":";
        append_value(line, field);
    }
    line.push_back('}');
    return line;
}

void write(Level level, std::string_view message, Fields fields) {
    if (!is_on(level)) return;
    logger->log(spdlog_level(level), "{}", format_line(level, message, fields, wall_ms()));
}

}  // namespace sauda::telemetry::log
