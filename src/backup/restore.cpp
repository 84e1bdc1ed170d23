#include "backup/restore.h"

#include <cerrno>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <utility>

#include <fmt/format.h>

#include "codec/state_codec.h"
#include "journal/posix_file_system.h"
#include "sequencer/recover.h"
#include "sequencer/snapshots.h"

namespace sauda::backup {

namespace {

using base::Unexpected;
using journal::join;
using Done = Outcome<void>;

/// It holds the mark of a clean stop and no command.
constexpr std::uint64_t last_segment_bytes = 1u << 20;

template <class Error>
Unexpected<std::string> sentence(const Error& error) {
    return {error.message()};
}

std::string parent_of(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

std::string without_end_slashes(std::string path) {
    while (path.size() > 1 && path.back() == '/') path.pop_back();
    return path;
}

/// One run of `restore_backup`.
class Restore {
public:
    explicit Restore(const RestoreOptions& options)
        : options_(options),
          data_dir_(without_end_slashes(options.data_dir)),
          work_(data_dir_ + ".restoring") {}

    Outcome<RestoreReport> run() {
        if (Done done = read_manifest(); !done) return Unexpected{done.error()};
        if (Done done = make_folders(); !done) return Unexpected{done.error()};
        if (Done done = copy_files(); !done) return Unexpected{done.error()};
        if (Done done = prove(); !done) return Unexpected{done.error()};
        if (Done done = give_name(); !done) return Unexpected{done.error()};
        return std::move(report_);
    }

private:
    Done read_manifest() {
        const std::string path = join(options_.backup, manifest_name);
        std::ifstream file(path);
        if (!file) return Unexpected{options_.backup + " is no whole backup: it has no " + manifest_name};
        std::stringstream text;
        text << file.rdbuf();
        auto manifest = parse_manifest(text.str());
        if (!manifest) return Unexpected{path + ": " + manifest.error()};
        if (manifest->rules_version != options_.rules_version) {
            return Unexpected{fmt::format(
                "the backup was made under rules version {}, this program has {}: restore with the program "
                "that made it",
                manifest->rules_version, options_.rules_version)};
        }
        report_.manifest = std::move(*manifest);
        return {};
    }

    Done make_folders() {
        if (const auto made = make_empty_directory(data_dir_); !made) return sentence(made.error());
        for (const std::string& folder :
             {work_, join(work_, "journal"), join(work_, "snapshots"), join(work_, "events")}) {
            const auto made = make_empty_directory(folder);
            if (!made && made.error().error_number == ENOTEMPTY)
                return Unexpected{folder + " is left of a restore that failed: look at it, then remove it"};
            if (!made) return sentence(made.error());
        }
        return {};
    }

    Done copy_files() {
        const std::string archive = join("journal", "archive");
        for (const ManifestFile& file : report_.manifest.files) {
            if (file.path.starts_with(archive + "/") && !disk_.exists(join(work_, archive))) {
                const auto made = make_empty_directory(join(work_, archive));
                if (!made) return sentence(made.error());
            }
            if (options_.progress) options_.progress(file.path, file.sum.bytes);
            const std::string from = join(options_.backup, file.path);
            const auto sum = copy_file(from, join(work_, file.path));
            if (!sum) return sentence(sum.error());
            if (*sum != file.sum) {
                return Unexpected{
                    fmt::format("{} is not what was backed up: {} bytes with checksum {:08x}, not "
                                "{} with {:08x}",
                                from, sum->bytes, sum->crc32c, file.sum.bytes, file.sum.crc32c)};
            }
        }
        return {};
    }

    /// The path of every start; without an event log it replays all there is, with one from the newest
    /// snapshot.
    Done prove() {
        sequencer::RecoverOptions recovery;
        recovery.rules_version = options_.rules_version;
        recovery.shard = options_.shard;
        recovery.journal_segment_size = last_segment_bytes;
        auto recovered = sequencer::recover(disk_, work_, recovery);
        if (!recovered) return sentence(recovered.error());
        const Manifest& wanted = report_.manifest;
        const std::uint64_t last = recovered->report.last.raw;
        const std::uint64_t hash = codec::hash_state(recovered->exchange.state());
        if (last != wanted.last_sequence || hash != wanted.state_hash) {
            return Unexpected{
                fmt::format("replay ends at sequence {} in state {:016x}, the backup at {} in {:016x}", last,
                            hash, wanted.last_sequence, wanted.state_hash)};
        }
        report_.replayed = recovered->report.replayed;
        return close(*recovered);
    }

    /// As an engine that stops, so that the next start is quick.
    Done close(sequencer::Recovered& recovered) {
        if (const auto synced = recovered.event_log->sync(); !synced) return sentence(synced.error());
        if (const auto stopped = recovered.writer->stop_cleanly(); !stopped) return sentence(stopped.error());
        const auto saved = sequencer::save_snapshot(disk_, recovered.directory.root(), recovered.exchange,
                                                    recovered.journal, options_.rules_version);
        if (!saved) return sentence(saved.error());
        return {};
    }

    Done give_name() {
        for (const std::string& folder : {join(work_, "journal/archive"), work_}) {
            if (!disk_.exists(folder)) continue;
            if (const auto synced = sync_names(folder); !synced) return sentence(synced.error());
        }
        // Over the empty directory that was made first: nobody can have put anything else there unseen.
        if (std::rename(work_.c_str(), data_dir_.c_str()) != 0)
            return sentence(base::IoError{"rename", data_dir_, errno, ""});
        if (const auto synced = sync_names(parent_of(data_dir_)); !synced) return sentence(synced.error());
        return {};
    }

    const RestoreOptions& options_;
    const std::string data_dir_;
    const std::string work_;
    journal::PosixFileSystem disk_;
    RestoreReport report_;
};

}  // namespace

Outcome<RestoreReport> restore_backup(const RestoreOptions& options) {
    return Restore(options).run();
}

}  // namespace sauda::backup
