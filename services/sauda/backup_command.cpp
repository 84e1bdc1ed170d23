// `sauda backup` and `sauda restore`.
#include <chrono>
#include <csignal>
#include <cstdio>
#include <memory>
#include <thread>

#include <CLI/CLI.hpp>

#include "backup/backup.h"
#include "backup/restore.h"
#include "sauda/commands.h"
#include "sauda/runtime_file.h"
#include "sauda/stand_back.h"
#include "sauda/version.h"
#include "sauda/wall_clock.h"

namespace sauda {

namespace {

struct BackupWords {
    std::string data_dir = "data";
    std::string backup;
    bool is_quiet = false;
    bool is_urgent = false;
};

/// One line a file on standard error, before it is copied.
backup::Progress progress(const BackupWords& words) {
    if (words.is_quiet) return {};
    return [](const std::string& path, std::uint64_t bytes) {
        std::fprintf(stderr, "%s (%.1f MiB)\n", path.c_str(), static_cast<double>(bytes) / (1u << 20));
    };
}

void print(const backup::Manifest& manifest, std::uint64_t replayed) {
    std::printf("last_sequence: %llu\nstate_hash: %016llx\nfiles: %zu\ncommands_replayed: %llu\n",
                static_cast<unsigned long long>(manifest.last_sequence),
                static_cast<unsigned long long>(manifest.state_hash), manifest.files.size(),
                static_cast<unsigned long long>(replayed));
}

/// From when it listens until it stops. A runtime file that a killed exchange left names a process that is no
/// more.
bool is_serving(const std::string& data_dir) {
    const auto runtime = read_runtime(data_dir);
    return runtime && kill(static_cast<pid_t>(runtime->process), 0) == 0;
}

int back_up(const BackupWords& words) {
    backup::BackupOptions options;
    if (!words.is_urgent) {
        stand_back();
        options.between_chunks = [] { std::this_thread::sleep_for(std::chrono::milliseconds(2)); };
    }
    options.data_dir = words.data_dir;
    options.to = words.backup;
    options.rules_version = rules_version;
    options.now_ms = wall_now().milliseconds();
    options.progress = progress(words);
    options.is_serving = [&words] { return is_serving(words.data_dir); };
    const auto made = backup::make_backup(options);
    if (!made) {
        std::fprintf(stderr, "sauda backup: %s\n", made.error().c_str());
        return 1;
    }
    print(made->manifest, made->replayed);
    std::printf("bytes: %llu\nbackup: %s\n", static_cast<unsigned long long>(made->bytes),
                words.backup.c_str());
    return 0;
}

int restore(const BackupWords& words) {
    backup::RestoreOptions options;
    options.backup = words.backup;
    options.data_dir = words.data_dir;
    options.rules_version = rules_version;
    options.progress = progress(words);
    const auto restored = backup::restore_backup(options);
    if (!restored) {
        std::fprintf(stderr, "sauda restore: %s\n", restored.error().c_str());
        return 1;
    }
    print(restored->manifest, restored->replayed);
    std::printf("verified: yes\nrestored: %s\n", words.data_dir.c_str());
    return 0;
}

}  // namespace

void add_backup_command(CLI::App& app, Action& chosen) {
    const auto words = std::make_shared<BackupWords>();
    CLI::App* command =
        app.add_subcommand("backup", "Copy a data directory, also while the exchange runs on it");
    command->add_option("DIR", words->backup, "the backup: made, and never written over")->required();
    command->add_option("--data-dir", words->data_dir, "data directory of the exchange")
        ->capture_default_str();
    command->add_flag("--quiet", words->is_quiet, "do not tell each file");
    command->add_flag("--urgent", words->is_urgent, "take processor and disk like any other program");
    command->callback([&chosen, words] { chosen = [words] { return back_up(*words); }; });
}

void add_restore_command(CLI::App& app, Action& chosen) {
    const auto words = std::make_shared<BackupWords>();
    CLI::App* command = app.add_subcommand(
        "restore", "Make a data directory of a backup, proven by replay and by the hash of its state");
    command->add_option("BACKUP", words->backup, "made by sauda backup")
        ->required()
        ->check(CLI::ExistingDirectory);
    command->add_option("--data-dir", words->data_dir, "made, and never written over")->required();
    command->add_flag("--quiet", words->is_quiet, "do not tell each file");
    command->callback([&chosen, words] { chosen = [words] { return restore(*words); }; });
}

}  // namespace sauda
