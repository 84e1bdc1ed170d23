/// Structured logs: one JSON object a line on stderr, written by a background thread.
///
///     log::info("order sequenced", {{"request_id", id}, {"sequence", 17}});
///     {"time":"2026-01-02T03:04:05.678Z","level":"info","message":"order
///     sequenced","request_id":"...","sequence":17}
///
/// Text is escaped to printable ASCII, whoever wrote it (log_text.h). Never log passwords, tokens or secrets.
///
/// Threads: any. A full queue drops the oldest lines rather than block.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace sauda::telemetry::log {

enum class Level : std::uint8_t { debug, info, warning, error };

/// `debug`, `info`, `warning` or `error`; anything else is false and changes nothing.
bool parse_level(std::string_view text, Level& level);

struct Config {
    Level level = Level::info;
    std::string file;  ///< empty: stderr
    std::uint64_t rotate_bytes = 64u << 20;
    std::uint32_t rotate_files = 5;
};

/// Starts logging. Before it (in tools and tests) nothing is written.
void start(const Config& config);
/// Writes what waits and stops.
void stop();

/// Lines below it are not written from now on. Threads: any.
void set_level(Level level);

/// Opens the log file anew under its name, for whoever has moved it away. Returns why it cannot be opened,
/// and then goes on with the old one; empty: done, or the log is no file. Threads: any.
std::string reopen();

struct Field {
    std::string_view name;
    /// Without a value the field is left out of the line.
    std::variant<std::monostate, std::string_view, std::int64_t, std::uint64_t, bool> value;

    Field(std::string_view its_name, std::string_view text) : name(its_name), value(text) {}
    Field(std::string_view its_name, const char* text) : name(its_name), value(std::string_view(text)) {}
    Field(std::string_view its_name, const std::string& text)
        : name(its_name), value(std::string_view(text)) {}
    Field(std::string_view its_name, bool flag) : name(its_name), value(flag) {}
    template <std::signed_integral T>
    Field(std::string_view its_name, T number) : name(its_name), value(std::int64_t{number}) {}
    template <std::unsigned_integral T>
    Field(std::string_view its_name, T number) : name(its_name), value(std::uint64_t{number}) {}
    template <class T>
    Field(std::string_view its_name, const std::optional<T>& maybe)
        : Field(maybe ? Field(its_name, *maybe) : Field(its_name)) {}

    bool is_absent() const { return std::holds_alternative<std::monostate>(value); }

private:
    explicit Field(std::string_view its_name) : name(its_name) {}
};
using Fields = std::initializer_list<Field>;

bool is_on(Level level);
void write(Level level, std::string_view message, Fields fields);

inline void debug(std::string_view message, Fields fields = {}) {
    if (is_on(Level::debug)) write(Level::debug, message, fields);
}
inline void info(std::string_view message, Fields fields = {}) {
    write(Level::info, message, fields);
}
inline void warning(std::string_view message, Fields fields = {}) {
    write(Level::warning, message, fields);
}
inline void error(std::string_view message, Fields fields = {}) {
    write(Level::error, message, fields);
}

/// The line without its end, as `write` makes it: for tests.
std::string format_line(Level level, std::string_view message, Fields fields, std::int64_t time_ms);

}  // namespace sauda::telemetry::log
