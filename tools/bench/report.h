/// What a bench found, as lines for people and scripts or as JSON.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "bench/statistics.h"

namespace sauda::bench {

/// Named values in the order in which they were added.
///
/// As lines, `name: value`, a report inside another prefixes its names: `machine_cores: 2`; one of a list
/// also by the value of its first field: `batch_64_bytes_per_second: ...`.
class Report {
public:
    Report& add(std::string_view name, std::uint64_t value);
    Report& add(std::string_view name, double value, int decimals);
    Report& add(std::string_view name, std::string_view text);
    /// `name` is the median, `name_min` and `name_max` lie around it.
    Report& add(std::string_view name, const Spread& spread, int decimals);
    /// `name_p50` to `name_max`, in microseconds.
    Report& add(std::string_view name, const Latency& latency);
    Report& add(std::string_view name, const Report& inner);
    /// Requires: each has a field.
    Report& add_list(std::string_view name, const std::vector<Report>& inners);
    /// All fields of another report, after those that there are.
    Report& append(const Report& other);

    std::string lines() const;
    std::string json() const;
    /// On standard output.
    void print(bool as_json) const;

private:
    struct Field {
        std::string name;
        std::string value;           ///< a scalar as it is shown
        bool is_text = false;        ///< to be quoted in JSON
        bool is_list = false;        ///< `inners` is a list, else one report if not empty
        std::vector<Report> inners;  ///< none: a scalar
    };

    void append_lines(const std::string& prefix, std::string& out) const;
    void append_json(std::string& out, int depth) const;

    std::vector<Field> fields_;
};

/// `text` as a JSON string, quotes included.
std::string json_string(std::string_view text);
/// `value` with so many decimals; what is not finite, which JSON cannot say, as 0.
std::string decimal_text(double value, int decimals);

}  // namespace sauda::bench
