#include "sauda/view_verification.h"

#include <algorithm>
#include <atomic>

#include "journal/data_directory.h"
#include "journal/event_log.h"
#include "journal/snapshot_store.h"
#include "sauda/version.h"
#include "sauda/view_checkpoints.h"
#include "sequencer/journal_name.h"
#include "views/checkpoint.h"

namespace sauda {

using base::Result;
using base::Unexpected;

namespace {

/// One run of verify_views.
class ViewVerification {
public:
    ViewVerification(journal::FileSystem& disk, const journal::EventLog& log, const std::string& directory,
                     views::ViewLimits limits)
        : log_(log), store_(disk, directory), limits_(limits), views_(limits) {}

    Result<std::uint64_t, std::string> run() {
        auto sequences = store_.list();
        if (!sequences) return Unexpected{sequences.error().message()};
        std::ranges::reverse(*sequences);
        for (const std::uint64_t sequence : *sequences) {
            if (sequence > log_.published_sequence()) break;
            if (std::string problem = take(sequence); !problem.empty()) return Unexpected{std::move(problem)};
        }
        return compared_;
    }

private:
    std::string take(std::uint64_t sequence) {
        const auto loaded = store_.load(sequence);
        if (!loaded) return loaded.error().message();
        auto decoded = views::decode_checkpoint(loaded->content, limits_);
        if (!decoded) return {};  // of another version: nobody uses it
        if (views_.last().raw + 1 < log_.first_sequence()) {
            views_ = std::move(*decoded);
            return {};
        }
        const std::atomic<bool> never{false};
        if (std::string problem = fold_event_log(log_, views_, {sequence}, never); !problem.empty())
            return problem;
        base::Bytes folded;
        views::encode_checkpoint(views_, folded);
        if (folded != loaded->content)
            return store_.path_of(sequence) + ": folding the event log gives other views than it holds";
        ++compared_;
        return {};
    }

    const journal::EventLog& log_;
    const journal::SnapshotStore store_;
    const views::ViewLimits limits_;
    views::ReadModel views_;
    std::uint64_t compared_ = 0;
};

}  // namespace

Result<std::uint64_t, std::string> verify_views(journal::FileSystem& disk, const std::string& data_dir) {
    const std::string directory = journal::join(data_dir, "views");
    if (!disk.exists(directory)) return std::uint64_t{0};
    const auto limits = view_limits();
    if (!limits) return Unexpected{limits.error()};
    const auto lock = journal::DataDirectory::open(disk, data_dir);
    if (!lock) return Unexpected{lock.error().message()};
    const auto name = sequencer::read_journal_name(disk, lock->journal());
    if (!name) return Unexpected{name.error().message()};
    if (!*name) return std::uint64_t{0};
    journal::EventLogConfig config;
    config.journal = (*name)->id;
    config.rules_version = rules_version;
    config.first_sequence = (*name)->first.raw;
    const auto log = journal::EventLog::open(disk, lock->events(), config);
    if (!log) return Unexpected{log.error().message()};
    return ViewVerification(disk, **log, directory, *limits).run();
}

}  // namespace sauda
