#include "backup/backup.h"

#include <limits>
#include <memory>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "backup/released.h"
#include "codec/state_codec.h"
#include "identity/database_copy.h"
#include "journal/data_directory.h"
#include "journal/posix_file_system.h"
#include "journal/segment_scanner.h"
#include "journal/snapshot_store.h"
#include "sequencer/replay.h"
#include "sequencer/snapshots.h"

namespace sauda::backup {

namespace {

using base::Unexpected;
using journal::join;
using Done = Outcome<void>;

constexpr std::uint64_t no_end = std::numeric_limits<std::uint64_t>::max();

template <class Error>
Unexpected<std::string> sentence(const Error& error) {
    return {error.message()};
}

/// Where the batches of a segment end, no further than a sequence.
struct SegmentEnd {
    std::uint64_t bytes = 0;
    std::uint64_t last_sequence = 0;
    bool is_torn = false;  ///< something stands there that is no batch
};

/// One run of `make_backup`.
class Backup {
public:
    explicit Backup(const BackupOptions& options) : options_(options) {}

    Outcome<BackupReport> run() {
        if (Done done = take_lock(); !done) return Unexpected{done.error()};
        if (Done done = make_folders(); !done) return Unexpected{done.error()};
        if (Done done = copy_journal(); !done) return Unexpected{done.error()};
        if (Done done = copy_archive(); !done) return Unexpected{done.error()};
        if (Done done = copy_events(); !done) return Unexpected{done.error()};
        if (Done done = copy_snapshots(); !done) return Unexpected{done.error()};
        const auto exchange = replay();
        if (!exchange) return Unexpected{exchange.error()};
        if (Done done = copy_identity(*exchange); !done) return Unexpected{done.error()};
        if (Done done = write_manifest(); !done) return Unexpected{done.error()};
        return std::move(report_);
    }

private:
    /// A directory without an exchange is kept still; one with an exchange has a log of what it released.
    Done take_lock() {
        if (!disk_.exists(join(options_.data_dir, "journal")))
            return Unexpected{options_.data_dir + " is no data directory: it has no journal"};
        auto lock = disk_.lock(join(options_.data_dir, "LOCK"));
        if (lock) {
            lock_ = std::move(*lock);
            return {};
        }
        if (lock.error().operation != "flock") return sentence(lock.error());
        report_.was_running = true;
        if (!options_.is_serving || options_.is_serving()) return {};
        return Unexpected{std::string("the exchange is starting or stopping; try again in a moment")};
    }

    Done make_folders() {
        const std::string folders[] = {options_.to, join(options_.to, "journal"),
                                       join(options_.to, "snapshots")};
        for (const std::string& folder : folders) {
            if (const auto made = make_empty_directory(folder); !made) return sentence(made.error());
        }
        return {};
    }

    /// Behind the journal, so that nobody whose account it has is missing. Who registered meanwhile has none
    /// in this copy, and gets one at the next login.
    Done copy_identity(const core::Exchange& exchange) {
        const std::string name = "identity.sqlite";
        if (disk_.exists(source(name))) {
            tell(name, 0);
            const auto copied = identity::copy_database(source(name), target(name));
            if (!copied) return sentence(copied.error());
            const auto cleared = identity::clear_accounts(target(name), [&](const identity::Uuid& user) {
                return static_cast<bool>(exchange.find_account(core::Uuid{user.bytes}));
            });
            if (!cleared) return sentence(cleared.error());
            const auto sum = sum_file(target(name));
            if (!sum) return sentence(sum.error());
            note(name, *sum);
        }
        for (const char* secret : {"jwt.secret", "operator.token", "epoch"}) {
            if (!disk_.exists(source(secret))) continue;
            if (Done done = copy(secret); !done) return done;
        }
        return {};
    }

    Done copy_journal() {
        const auto released = released_end(disk_, source("events"));
        if (!released) return sentence(released.error());
        released_ = *released;
        if (report_.was_running && !released_)
            return Unexpected{options_.data_dir + " has no event log yet; try again in a moment"};
        const std::uint64_t through = report_.was_running ? released_->sequence : no_end;
        const auto places = journal::list_segments(disk_, source("journal"), journal::SegmentKind::journal);
        if (!places) return sentence(places.error());
        if (places->empty()) return Unexpected{options_.data_dir + " has no journal yet"};
        report_.manifest.first_sequence = places->front().first_sequence;
        for (std::size_t i = 0; i < places->size(); ++i) {
            const bool is_last = i + 1 == places->size() || (*places)[i + 1].first_sequence - 1 > through;
            const Done done =
                is_last ? copy_last_segment((*places)[i], through) : copy(name_of((*places)[i]));
            if (!done) return done;
            if (is_last) break;
        }
        const std::uint64_t released_sequence = released_ ? released_->sequence : 0;
        if (report_.manifest.last_sequence >= released_sequence) return {};
        return Unexpected{fmt::format("the journal ends at sequence {}, but events were released through {}",
                                      report_.manifest.last_sequence, released_sequence)};
    }

    /// What an operator moved out of the way belongs to the exchange's past all the same.
    Done copy_archive() {
        const std::string archive = join("journal", "archive");
        if (!disk_.exists(source(archive))) return {};
        if (const auto made = make_empty_directory(target(archive)); !made) return sentence(made.error());
        const auto places = journal::list_segments(disk_, source(archive), journal::SegmentKind::journal);
        if (!places) return sentence(places.error());
        for (const journal::SegmentPlace& place : *places) {
            if (Done done = copy(name_of(place)); !done) return done;
        }
        if (const auto synced = sync_names(target(archive)); !synced) return sentence(synced.error());
        return {};
    }

    /// Only where some commands are of other rules: then this program cannot derive the events again. What a
    /// running exchange adds meanwhile is beyond the end that was seen, and is left out.
    Done copy_events() {
        const auto needed = has_other_rules();
        if (!needed) return Unexpected{needed.error()};
        if (!*needed || !released_) return {};
        if (const auto made = make_empty_directory(target("events")); !made) return sentence(made.error());
        const auto places = journal::list_segments(disk_, source("events"), journal::SegmentKind::event_log);
        if (!places) return sentence(places.error());
        for (const journal::SegmentPlace& place : *places) {
            if (place.path == released_->segment) return copy(name_of(place), released_->bytes);
            if (const Done done = copy(name_of(place)); !done) return done;
        }
        return Unexpected{released_->segment + " has gone while it was copied; try again"};
    }

    Outcome<bool> has_other_rules() {
        const auto places = journal::list_segments(disk_, target("journal"), journal::SegmentKind::journal);
        if (!places) return sentence(places.error());
        for (const journal::SegmentPlace& place : *places) {
            const auto file = disk_.open(place.path, journal::OpenMode::read);
            if (!file) return sentence(file.error());
            const auto header =
                journal::read_segment_header(**file, journal::SegmentKind::journal, place.first_sequence);
            if (!header) return sentence(header.error());
            if (header->rules_version != options_.rules_version) return true;
        }
        return false;
    }

    Done copy_last_segment(const journal::SegmentPlace& place, std::uint64_t through) {
        const auto end = end_of(place, through);
        if (!end) return Unexpected{end.error()};
        if (end->is_torn && !report_.was_running) {
            return Unexpected{
                place.path +
                " is torn at its end: start the exchange once, so that it recovers, and try again"};
        }
        report_.manifest.last_sequence = end->last_sequence;
        return copy(name_of(place), end->bytes);
    }

    Outcome<SegmentEnd> end_of(const journal::SegmentPlace& place, std::uint64_t through) {
        auto file = disk_.open(place.path, journal::OpenMode::read);
        if (!file) return sentence(file.error());
        const auto header =
            journal::read_segment_header(**file, journal::SegmentKind::journal, place.first_sequence);
        if (!header) return sentence(header.error());
        report_.manifest.journal = header->journal;
        journal::SegmentScanner scanner(std::move(*file), header->journal, journal::ReadPath::cached);
        SegmentEnd end{journal::segment_header_size, place.first_sequence - 1};
        for (;;) {
            const auto found = scanner.at(end.bytes);
            if (!found) return sentence(found.error());
            if (!found->batch) return with_rest(scanner, end);
            const std::uint64_t last = found->batch->header.next_sequence() - 1;
            if (last > through) return end;
            end = {end.bytes + found->batch->length(), last};
        }
    }

    static Outcome<SegmentEnd> with_rest(journal::SegmentScanner& scanner, SegmentEnd end) {
        const auto content = scanner.end_of_content(end.bytes);
        if (!content) return sentence(content.error());
        end.is_torn = *content != end.bytes;
        return end;
    }

    /// A snapshot that another process prunes meanwhile is left out: newer ones take its place.
    Done copy_snapshots() {
        const journal::SnapshotStore store(disk_, source("snapshots"));
        const auto sequences = store.list();
        if (!sequences) return sentence(sequences.error());
        for (const std::uint64_t sequence : *sequences) {
            if (sequence > report_.manifest.last_sequence) continue;
            const std::string path = store.path_of(sequence);
            const std::string name = path.substr(options_.data_dir.size() + 1);
            if (Done done = copy(name); !done && disk_.exists(path)) return done;
        }
        return {};
    }

    /// Of the copy, not of the original: its newest snapshot and what the journal adds to it are read here.
    Outcome<core::Exchange> replay() {
        const journal::SnapshotStore store(disk_, target("snapshots"));
        const auto newest = store.load_newest();
        if (!newest) return sentence(newest.error());
        core::Exchange exchange(options_.shard);
        if (newest->snapshot) {
            auto restored =
                sequencer::exchange_of(*newest->snapshot, store.path_of(newest->snapshot->info.sequence));
            if (!restored) return sentence(restored.error());
            exchange = std::move(*restored);
        }
        const sequencer::ReplayConfig config{options_.rules_version, report_.manifest.journal, std::nullopt};
        const auto totals = sequencer::replay_into(exchange, disk_, target("journal"), config, {});
        if (!totals) return sentence(totals.error());
        if (exchange.last().sequence.raw != report_.manifest.last_sequence)
            return Unexpected{std::string("the copy of the journal ends elsewhere than the journal")};
        report_.replayed = totals->commands;
        report_.manifest.state_hash = codec::hash_state(exchange.state());
        return exchange;
    }

    Done write_manifest() {
        report_.manifest.rules_version = options_.rules_version;
        report_.manifest.created_ms = options_.now_ms;
        for (const std::string& folder :
             {target("journal"), target("snapshots"), target("events"), options_.to}) {
            if (!disk_.exists(folder)) continue;
            if (const auto synced = sync_names(folder); !synced) return sentence(synced.error());
        }
        const auto written = write_file(target(manifest_name), manifest_text(report_.manifest));
        if (!written) return sentence(written.error());
        return {};
    }

    Done copy(const std::string& name, std::optional<std::uint64_t> length = {}) {
        const auto file = disk_.open(source(name), journal::OpenMode::read);
        const auto size = file ? (*file)->size() : journal::IoResult<std::uint64_t>(std::uint64_t{0});
        tell(name, length.value_or(size.value_or(0)));
        const auto sum = copy_file(source(name), target(name), length, options_.between_chunks);
        if (!sum) return sentence(sum.error());
        note(name, *sum);
        return {};
    }

    void tell(const std::string& name, std::uint64_t bytes) const {
        if (options_.progress) options_.progress(name, bytes);
    }
    void note(const std::string& name, const FileSum& sum) {
        report_.manifest.files.push_back({name, sum});
        report_.bytes += sum.bytes;
    }
    std::string source(const std::string& name) const { return join(options_.data_dir, name); }
    std::string target(const std::string& name) const { return join(options_.to, name); }
    std::string name_of(const journal::SegmentPlace& place) const {
        return place.path.substr(options_.data_dir.size() + 1);
    }

    const BackupOptions& options_;
    journal::PosixFileSystem disk_;
    std::unique_ptr<journal::DirectoryLock> lock_;
    std::optional<ReleasedEnd> released_;
    BackupReport report_;
};

}  // namespace

Outcome<BackupReport> make_backup(const BackupOptions& options) {
    return Backup(options).run();
}

}  // namespace sauda::backup
