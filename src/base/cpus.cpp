#include "base/cpus.h"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <map>
#include <sched.h>
#include <sstream>

#include "base/assert.h"

namespace sauda::base {

namespace {

constexpr unsigned cpu_count_max = CPU_SETSIZE;

std::string names_of(const Cpus& cpus) {
    std::string names;
    for (const unsigned cpu : cpus) names += (names.empty() ? "" : ", ") + std::to_string(cpu);
    return names;
}

/// The numbers in a heading like "CPU0 CPU2".
Cpus cpus_in(const std::string& heading) {
    Cpus cpus;
    std::istringstream words(heading);
    for (std::string word; words >> word;) {
        unsigned cpu = 0;
        if (word.starts_with("CPU")) std::from_chars(word.data() + 3, word.data() + word.size(), cpu);
        cpus.push_back(cpu);
    }
    return cpus;
}

bool is_number(const std::string& text) {
    return !text.empty() && std::ranges::all_of(text, [](unsigned char c) { return std::isdigit(c) != 0; });
}

}  // namespace

Cpus allowed_cpus() {
    cpu_set_t set;
    CPU_ZERO(&set);
    Cpus cpus;
    if (sched_getaffinity(0, sizeof set, &set) != 0) return cpus;
    for (unsigned cpu = 0; cpu < cpu_count_max; ++cpu) {
        if (CPU_ISSET(cpu, &set)) cpus.push_back(cpu);
    }
    return cpus;
}

Result<void, IoError> keep_to(const Cpus& cpus) {
    ASSERT(!cpus.empty());
    cpu_set_t set;
    CPU_ZERO(&set);
    for (const unsigned cpu : cpus) CPU_SET(cpu, &set);
    if (sched_setaffinity(0, sizeof set, &set) != 0)
        return Unexpected{IoError{"sched_setaffinity", "CPU " + names_of(cpus), errno, {}}};
    return {};
}

unsigned quietest_cpu(const Cpus& among) {
    std::ifstream file("/proc/interrupts");
    const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    return quietest_cpu(among, text);
}

/// Rows of devices are numbered. Those of one CPU calling another have names, and so have timers, or they say
/// at their end that they are one (arch_timer).
unsigned quietest_cpu(const Cpus& among, const std::string& interrupts) {
    ASSERT(!among.empty());
    std::istringstream lines(interrupts);
    std::string line;
    std::getline(lines, line);
    const Cpus columns = cpus_in(line);
    std::map<unsigned, std::uint64_t> counts;
    while (std::getline(lines, line)) {
        std::istringstream words(line);
        std::string label;
        words >> label;
        if (label.empty() || label.back() != ':') continue;
        label.pop_back();
        if (!is_number(label) || line.find("timer") != std::string::npos) continue;
        for (const unsigned cpu : columns) {
            std::uint64_t count = 0;
            if (!(words >> count)) break;
            counts[cpu] += count;
        }
    }
    return *std::ranges::min_element(among, {}, [&](unsigned cpu) { return counts[cpu]; });
}

Result<std::optional<CpuShares>, std::string> share_cpus(const std::string& setting) {
    if (setting == "none") return std::optional<CpuShares>{};
    const Cpus allowed = allowed_cpus();
    CpuShares shares;
    if (setting == "auto") {
        // Where the system forbids it (a sandbox), setting what holds already shows that.
        if (allowed.size() < 2 || !keep_to(allowed)) return std::optional<CpuShares>{};
        shares.own = quietest_cpu(allowed);
    } else {
        const auto [end, error] =
            std::from_chars(setting.data(), setting.data() + setting.size(), shares.own);
        if (error != std::errc{} || end != setting.data() + setting.size())
            return Unexpected{std::string("must be none, auto or the number of a CPU")};
        if (std::ranges::find(allowed, shares.own) == allowed.end())
            return Unexpected{"must be one of the CPUs that this process may use: " + names_of(allowed)};
        if (allowed.size() < 2)
            return Unexpected{
                std::string("needs another CPU for all other threads; this process may use one")};
    }
    std::ranges::copy_if(allowed, std::back_inserter(shares.rest),
                         [&](unsigned cpu) { return cpu != shares.own; });
    return std::optional<CpuShares>{std::move(shares)};
}

}  // namespace sauda::base
