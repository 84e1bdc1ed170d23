#include "bench/instruction_count.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <spawn.h>
#include <sstream>
#include <sys/wait.h>
#include <vector>

#include "bench/flow_file.h"
#include "bench/report.h"
#include "bench/temporary_directory.h"

extern char** environ;

namespace sauda::bench {

namespace {

using Failure = base::Unexpected<std::string>;

std::string content_of(const std::filesystem::path& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

/// Standard output and error of a child into one file.
class OutputTo {
public:
    explicit OutputTo(const std::string& path) {
        posix_spawn_file_actions_init(&actions_);
        posix_spawn_file_actions_addopen(&actions_, 1, path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
        posix_spawn_file_actions_adddup2(&actions_, 1, 2);
    }
    OutputTo(const OutputTo&) = delete;
    OutputTo& operator=(const OutputTo&) = delete;
    ~OutputTo() { posix_spawn_file_actions_destroy(&actions_); }
    const posix_spawn_file_actions_t* get() const { return &actions_; }

private:
    posix_spawn_file_actions_t actions_{};
};

/// Runs a program of the PATH to its end; its exit status, or why it could not be started.
base::Result<int, std::string> run_program(std::vector<std::string> words, const std::string& log) {
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    const OutputTo output(log);
    pid_t child = 0;
    const int error =
        posix_spawnp(&child, words[0].c_str(), output.get(), nullptr, arguments.data(), environ);
    if (error != 0) return Failure{std::strerror(error)};
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/// The run is a child of the process that callgrind was started with, and each writes a file: the one that
/// counted anything is the run's.
InstructionCount greatest_in(const std::string& directory) {
    InstructionCount greatest;
    for (const auto& entry : std::filesystem::directory_iterator(directory)) {
        if (!entry.path().filename().string().starts_with("out.")) continue;
        const InstructionCount one = parse_callgrind(content_of(entry.path()));
        if (one.instructions > greatest.instructions) greatest = one;
    }
    return greatest;
}

}  // namespace

InstructionCount parse_callgrind(const std::string& text) {
    std::vector<std::string> names;
    std::map<std::string, std::uint64_t> totals;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line);
        std::string word;
        words >> word;
        if (word == "events:") {
            while (words >> word) names.push_back(word);
        } else if (word == "totals:") {
            std::uint64_t value = 0;
            for (std::size_t i = 0; i < names.size() && words >> value; ++i) totals[names[i]] = value;
        }
    }
    return {totals["Ir"], totals["DLmr"] + totals["DLmw"]};
}

base::Result<InstructionCount, std::string> count_instructions(const std::string& flow_file,
                                                               const std::string& stage,
                                                               const std::string& scratch) {
    const auto directory = TemporaryDirectory::make(scratch);
    if (!directory) return Failure{directory.error()};
    const std::string log = directory->path() + "/log";
    const auto status =
        run_program({"valgrind", "--tool=callgrind", "--cache-sim=yes", "--I1=32768,8,64", "--D1=32768,8,64",
                     "--LL=33554432,16,64", "--toggle-collect=*timed_part*",
                     "--callgrind-out-file=" + directory->path() + "/out.%p",
                     std::filesystem::read_symlink("/proc/self/exe").string(), "bench", "engine", "--flow",
                     flow_file, "--stage", stage, "--runs", "1", "--warm-up", "0"},
                    log);
    if (!status) {
        return Failure{"cannot start valgrind, which counts instructions: " + status.error() +
                       ". On Debian: apt-get install valgrind"};
    }
    if (*status != 0) return Failure{"the run under valgrind failed:\n" + content_of(log)};
    const InstructionCount count = greatest_in(directory->path());
    if (count.instructions == 0) return Failure{std::string("callgrind saw no timed part in the run")};
    return count;
}

int run_count_bench(const CountOptions& options) {
    const auto flow = FlowFile::open(options.flow);
    if (!flow) return std::fprintf(stderr, "sauda bench: %s\n", flow.error().message().c_str()), 1;
    const std::uint64_t orders = flow->header().records - flow->header().prefill;
    const auto count = count_instructions(options.flow, options.stage, options.data_dir);
    if (!count) return std::fprintf(stderr, "sauda bench: %s\n", count.error().c_str()), 1;
    const auto each = [&](std::uint64_t all) {
        return static_cast<double>(all) / static_cast<double>(orders);
    };
    Report report;
    report.add("stage", options.stage).add("orders", orders);
    report.add("instructions_per_order", each(count->instructions), 0);
    report.add("last_level_misses_per_order", each(count->last_level_misses), 2);
    report.print(options.json);
    return 0;
}

}  // namespace sauda::bench
