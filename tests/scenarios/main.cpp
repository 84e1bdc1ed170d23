/// scenario_runner PATH...: plays scenarios, and says where one went another way than its text says.
///
/// Each is played twice: once straight through, and once with a restart from the state after every line.
/// Given a directory, it plays every .txt in it and requires that each refusal of core occurs somewhere.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "world.h"

namespace sauda::scenarios {
namespace {

namespace fs = std::filesystem;
using core::RejectReason;

/// Refusals that no scenario can reach in a few lines: the first is given at the edge, the others stand at
/// limits that unit tests fill up.
constexpr RejectReason elsewhere[] = {
    RejectReason::none,     RejectReason::not_supported,        RejectReason::idempotency_window_full,
    RejectReason::too_many, RejectReason::too_many_open_orders,
};

struct Tally {
    int files = 0;
    int lines = 0;
    bool failed = false;
    std::set<RejectReason> refusals;
};

void play_file(const fs::path& path, bool restarts, Tally& tally) {
    std::ifstream file(path);
    if (!file) {
        std::printf("%s: cannot be read\n", path.c_str());
        tally.failed = true;
        return;
    }
    World world(restarts);
    int number = 0;
    for (std::string line; std::getline(file, line);) {
        ++number;
        const std::string wrong = world.play(line);
        if (wrong.empty()) continue;
        std::printf("%s:%d: %s%s\n  line     %s\n", path.c_str(), number,
                    restarts ? "(restarted after each line) " : "", wrong.c_str(), line.c_str());
        tally.failed = true;
        break;  // what follows stands on what this line should have done
    }
    tally.lines += number;
    tally.refusals.insert(world.refusals().begin(), world.refusals().end());
}

std::vector<fs::path> texts_in(const fs::path& directory) {
    std::vector<fs::path> texts;
    for (const auto& entry : fs::directory_iterator(directory)) {
        if (entry.path().extension() == ".txt" && entry.path().filename() != "CMakeLists.txt")
            texts.push_back(entry.path());
    }
    std::ranges::sort(texts);
    return texts;
}

/// Every refusal that core knows must have happened.
void require_all_refusals(Tally& tally) {
    const std::string_view unknown = core::code(static_cast<RejectReason>(UINT16_MAX));
    for (std::uint16_t value = 0; value < 1000; ++value) {
        const auto reason = static_cast<RejectReason>(value);
        const bool exists = core::code(reason) != unknown;
        const bool excepted = std::ranges::find(elsewhere, reason) != std::end(elsewhere);
        if (!exists || excepted || tally.refusals.contains(reason)) continue;
        std::printf("no scenario is refused with %s\n", std::string(core::code(reason)).c_str());
        tally.failed = true;
    }
}

void play_path(const fs::path& path, Tally& tally) {
    const bool is_directory = fs::is_directory(path);
    const std::vector<fs::path> texts = is_directory ? texts_in(path) : std::vector<fs::path>{path};
    for (const fs::path& text : texts) {
        play_file(text, false, tally);
        play_file(text, true, tally);
        ++tally.files;
    }
    if (is_directory) require_all_refusals(tally);
}

}  // namespace
}  // namespace sauda::scenarios

int main(int count, char** arguments) {
    if (count < 2) {
        std::printf("usage: scenario_runner FILE_OR_DIRECTORY...\n");
        return 2;
    }
    sauda::scenarios::Tally tally;
    for (int i = 1; i < count; ++i) sauda::scenarios::play_path(arguments[i], tally);
    if (tally.files == 0) {
        std::printf("there are no scenarios here\n");
        return 1;
    }
    std::printf("%d scenarios, %d lines played, %zu refusals: %s\n", tally.files, tally.lines,
                tally.refusals.size(), tally.failed ? "FAILED" : "all as written");
    return tally.failed ? 1 : 0;
}
