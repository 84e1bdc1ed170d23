// scenario_runner DIRECTORY: plays every scenario in it, twice: once as it stands, once with the exchange
// taken down to its state and built anew after every line. Every refusal that core can give must have
// occurred.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "core/types/reject.h"
#include "world.h"

namespace {

using sauda::core::RejectReason;
using sauda::scenarios::World;
using Refusals = std::set<RejectReason>;

/// Plays the file; how many of its lines went wrong. After the first wrong line the rest would mislead.
int play_file(const std::filesystem::path& path, bool restarts, Refusals& refusals) {
    World world(restarts);
    std::ifstream file(path);
    std::string line;
    int failures = 0;
    for (int number = 1; failures == 0 && std::getline(file, line); ++number) {
        const std::string wrong = world.play(line);
        if (wrong.empty()) continue;
        std::printf("%s:%d%s: %s\n    %s\n", path.filename().c_str(), number, restarts ? " (restarted)" : "",
                    line.c_str(), wrong.c_str());
        ++failures;
    }
    refusals.insert(world.refusals().begin(), world.refusals().end());
    return failures;
}

/// Refusals that scenarios cannot reach: given at the edge, or only by more of something than a text would
/// list. Unit tests have those.
bool is_beyond_scenarios(RejectReason reason) {
    constexpr RejectReason beyond[] = {RejectReason::none, RejectReason::not_supported,
                                       RejectReason::too_many_open_orders,
                                       RejectReason::idempotency_window_full, RejectReason::too_many};
    return std::ranges::find(beyond, reason) != std::end(beyond);
}

int count_missing(const Refusals& refusals) {
    int missing = 0;
    for (std::uint16_t raw = 0; raw < 1000; ++raw) {
        const auto reason = static_cast<RejectReason>(raw);
        const bool exists = code(reason) != "unknown_reason";
        if (!exists || is_beyond_scenarios(reason) || refusals.contains(reason)) continue;
        std::printf("no scenario shows the refusal %s\n", std::string(code(reason)).c_str());
        ++missing;
    }
    return missing;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) return std::fprintf(stderr, "usage: scenario_runner DIRECTORY\n"), 2;
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(argv[1])) {
        if (entry.path().extension() == ".txt" && entry.path().filename() != "CMakeLists.txt")
            files.push_back(entry.path());
    }
    std::ranges::sort(files);
    Refusals refusals;
    int failures = 0;
    for (const auto& file : files) {
        failures += play_file(file, false, refusals);
        failures += play_file(file, true, refusals);
    }
    failures += count_missing(refusals);
    if (files.empty()) ++failures;
    std::printf("%zu scenarios, %d failures\n", files.size(), failures);
    return failures == 0 ? 0 : 1;
}
