#include "bench/machine.h"

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

namespace sauda::bench {

namespace {

std::string content_of(const char* path) {
    std::ifstream file(path);
    std::ostringstream content;
    content << file.rdbuf();
    return content.str();
}

}  // namespace

std::string kernel_field(const std::string& text, const std::string& key) {
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        const std::size_t colon = line.find(':');
        if (colon == std::string::npos) continue;
        const std::size_t end = line.find_last_not_of(" \t", colon == 0 ? 0 : colon - 1);
        if (line.substr(0, end + 1) != key) continue;
        const std::size_t begin = line.find_first_not_of(" \t", colon + 1);
        return begin == std::string::npos ? std::string() : line.substr(begin);
    }
    return {};
}

Report describe_machine() {
    const std::string processor = content_of("/proc/cpuinfo");
    const bool is_virtual =
        (" " + kernel_field(processor, "flags") + " ").find(" hypervisor ") != std::string::npos;
    struct sysinfo memory {};
    sysinfo(&memory);
    utsname kernel{};
    uname(&kernel);
    double load[1] = {0};
    getloadavg(load, 1);

    Report machine;
    machine.add("processor", kernel_field(processor, "model name"));
    machine.add("cores", static_cast<std::uint64_t>(sysconf(_SC_NPROCESSORS_ONLN)));
    machine.add("is_virtual", is_virtual ? "yes" : "no");
    machine.add("cache", kernel_field(processor, "cache size"));
    machine.add("memory_bytes", static_cast<std::uint64_t>(memory.totalram) * memory.mem_unit);
    machine.add("kernel", std::string(kernel.sysname) + " " + kernel.release);
    machine.add("compiler", "g++ " __VERSION__);
    machine.add("load_average", load[0], 2);
    return machine;
}

}  // namespace sauda::bench
