/// Text of any origin as it may stand in a log line.
#pragma once

#include <string>
#include <string_view>

namespace sauda::telemetry::log {

/// Appends `text` as the inside of a JSON string of printable ASCII alone. Clients choose some of what is
/// logged: nothing of it may begin a line, end a string or steer the terminal it is read on. Every other
/// character becomes \uXXXX, as a surrogate pair above U+FFFF; each byte that is not UTF-8 becomes \ufffd.
void append_escaped(std::string& out, std::string_view text);

}  // namespace sauda::telemetry::log
