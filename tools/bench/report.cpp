#include "bench/report.h"

#include <cmath>
#include <cstdio>

#include "base/assert.h"

namespace sauda::bench {

std::string json_string(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (static_cast<unsigned char>(c) < 0x20) {
            char escaped[8];
            std::snprintf(escaped, sizeof escaped, "\\u%04x", static_cast<unsigned>(c));
            out += escaped;
        } else {
            out += c;
        }
    }
    return out + '"';
}

std::string decimal_text(double value, int decimals) {
    char text[64];
    std::snprintf(text, sizeof text, "%.*f", decimals, std::isfinite(value) ? value : 0.0);
    return text;
}

Report& Report::add(std::string_view name, std::uint64_t value) {
    fields_.push_back({std::string(name), std::to_string(value), false, false, {}});
    return *this;
}

Report& Report::add(std::string_view name, double value, int decimals) {
    fields_.push_back({std::string(name), decimal_text(value, decimals), false, false, {}});
    return *this;
}

Report& Report::add(std::string_view name, std::string_view text) {
    fields_.push_back({std::string(name), std::string(text), true, false, {}});
    return *this;
}

Report& Report::add(std::string_view name, const Spread& spread, int decimals) {
    const std::string begin(name);
    add(begin, spread.median, decimals);
    add(begin + "_min", spread.low, decimals);
    return add(begin + "_max", spread.high, decimals);
}

Report& Report::add(std::string_view name, const Latency& latency) {
    const std::string begin(name);
    const auto us = [](std::int64_t ns) { return static_cast<double>(ns) / 1000; };
    add(begin + "_us_p50", us(latency.p50), 1);
    add(begin + "_us_p90", us(latency.p90), 1);
    add(begin + "_us_p99", us(latency.p99), 1);
    add(begin + "_us_p999", us(latency.p999), 1);
    return add(begin + "_us_max", us(latency.max), 1);
}

Report& Report::add(std::string_view name, const Report& inner) {
    fields_.push_back({std::string(name), {}, false, false, {inner}});
    return *this;
}

Report& Report::add_list(std::string_view name, const std::vector<Report>& inners) {
    for (const Report& inner : inners) ASSERT(!inner.fields_.empty());
    fields_.push_back({std::string(name), {}, false, true, inners});
    return *this;
}

Report& Report::append(const Report& other) {
    fields_.insert(fields_.end(), other.fields_.begin(), other.fields_.end());
    return *this;
}

void Report::append_lines(const std::string& prefix, std::string& out) const {
    for (const Field& field : fields_) {
        const std::string name = prefix + field.name;
        if (!field.is_list && field.inners.empty()) out += name + ": " + field.value + '\n';
        for (const Report& inner : field.inners) {
            const std::string which = field.is_list ? inner.fields_.front().value + '_' : std::string();
            inner.append_lines(name + '_' + which, out);
        }
    }
}

void Report::append_json(std::string& out, int depth) const {
    const std::string indent(static_cast<std::size_t>(depth) * 2, ' ');
    const char* between = "";
    out += '{';
    for (const Field& field : fields_) {
        out += between + ("\n  " + indent) + json_string(field.name) + ": ";
        between = ",";
        if (!field.is_list && field.inners.empty()) {
            out += field.is_text ? json_string(field.value) : field.value;
            continue;
        }
        if (field.is_list) out += '[';
        for (std::size_t i = 0; i < field.inners.size(); ++i) {
            if (i > 0) out += ", ";
            field.inners[i].append_json(out, depth + 1);
        }
        if (field.is_list) out += ']';
    }
    out += '\n' + indent + '}';
}

std::string Report::lines() const {
    std::string out;
    append_lines("", out);
    return out;
}

std::string Report::json() const {
    std::string out;
    append_json(out, 0);
    return out + '\n';
}

void Report::print(bool as_json) const {
    const std::string text = as_json ? json() : lines();
    std::fwrite(text.data(), 1, text.size(), stdout);
    std::fflush(stdout);
}

}  // namespace sauda::bench
