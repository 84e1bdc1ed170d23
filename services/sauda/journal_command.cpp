// `sauda journal`: looking into a data directory, and proving it.
#include <chrono>
#include <csignal>
#include <cstdio>
#include <memory>
#include <sys/prctl.h>
#include <thread>
#include <unistd.h>

#include <CLI/CLI.hpp>

#include "codec/command_codec.h"
#include "codec/command_text.h"
#include "journal/patient_file_system.h"
#include "journal/posix_file_system.h"
#include "journal/reader.h"
#include "journal/rules_parts.h"
#include "journal/segment.h"
#include "journal/snapshot_store.h"
#include "sauda/commands.h"
#include "sauda/deep_verification.h"
#include "sauda/stand_back.h"
#include "sauda/version.h"
#include "sauda/view_verification.h"
#include "sequencer/snapshots.h"
#include "sequencer/verify.h"

namespace sauda {

namespace {

int fail(const journal::JournalError& error) {
    std::fprintf(stderr, "sauda journal: %s\n", error.message().c_str());
    return 1;
}

struct DumpOptions {
    std::string directory;
    std::uint64_t from = 1;
    std::uint64_t limit = 0;
};

/// One line a command: sequence, time in nanoseconds, engine epoch, the command.
int dump(const DumpOptions& options) {
    journal::PosixFileSystem disk;
    journal::ReaderConfig config;
    config.from_sequence = options.from;  // under whatever rules: what was asked is told, not done again
    auto reader = journal::Reader::open(disk, journal::join(options.directory, "journal"), config);
    if (!reader) return fail(reader.error());
    for (std::uint64_t printed = 0;;) {
        const auto batch = reader->next();
        if (!batch) return fail(batch.error());
        if (!*batch) return 0;
        for (journal::RecordCursor record(**batch); !record.at_end(); record.next()) {
            if (record.sequence() < options.from) continue;
            if (options.limit != 0 && printed++ == options.limit) return 0;
            const auto command = codec::decode_command(record.bytes());
            const std::string text =
                command ? codec::command_text(*command)
                        : std::string("not a command: ") + std::string(codec::name(command.error()));
            std::printf("%llu %lld %llu %s\n", static_cast<unsigned long long>(record.sequence()),
                        static_cast<long long>((*batch)->header.timestamp_ns),
                        static_cast<unsigned long long>((*batch)->header.source), text.c_str());
        }
    }
}

struct VerifyCommandOptions {
    std::string directory;
    bool deep = false;
    std::string store;
};

void print(const DeepReport& report) {
    std::printf(
        "balances_compared: %llu\nopen_orders_compared: %llu\ndepth_levels_compared: %llu\n"
        "pending_transfers_compared: %llu\n",
        static_cast<unsigned long long>(report.balances), static_cast<unsigned long long>(report.open_orders),
        static_cast<unsigned long long>(report.levels),
        static_cast<unsigned long long>(report.pending_transfers));
    if (!report.history) {
        std::printf("history: none\n");
        return;
    }
    const history::AuditCounts& audit = report.audit;
    std::printf(
        "history_sequence: %llu\nhistory_orders: %llu\nhistory_fills: %llu\nhistory_trades: %llu\n"
        "history_ledger_entries: %llu\nhistory_balances_compared: %llu\ncandles_compared: %llu\n",
        static_cast<unsigned long long>(report.history->raw), static_cast<unsigned long long>(audit.orders),
        static_cast<unsigned long long>(audit.fills), static_cast<unsigned long long>(audit.trades),
        static_cast<unsigned long long>(audit.ledger_entries),
        static_cast<unsigned long long>(audit.balances), static_cast<unsigned long long>(audit.candles));
}

int verify(const VerifyCommandOptions& options) {
    const std::string& directory = options.directory;
    journal::PosixFileSystem disk;
    const auto report = sequencer::verify(disk, directory, {.rules_version = rules_version});
    if (!report) return fail(report.error());
    const auto checkpoints = verify_views(disk, directory);
    if (!checkpoints) {
        std::fprintf(stderr, "sauda journal: %s\n", checkpoints.error().c_str());
        return 1;
    }
    std::optional<DeepReport> deep;
    if (options.deep) {
        const auto compared = verify_deep(disk, directory, options.store);
        if (!compared) {
            std::fprintf(stderr, "sauda journal: %s\n", compared.error().c_str());
            return 1;
        }
        deep = *compared;
    }
    if (report->other_rules_through.raw != 0) {
        std::printf(
            "other_rules_through: %llu\ncommands_checked_not_replayed: %llu\nevent_frames_read: %llu\n",
            static_cast<unsigned long long>(report->other_rules_through.raw),
            static_cast<unsigned long long>(report->commands_checked),
            static_cast<unsigned long long>(report->event_frames_read));
    }
    std::printf(
        "from_sequence: %llu\nlast_sequence: %llu\ncommands_replayed: %llu\nevent_frames_compared: "
        "%llu\nsnapshots_compared: %llu\ncheckpoints_compared: %llu\nstate_hash: %016llx\n",
        static_cast<unsigned long long>(report->from.raw), static_cast<unsigned long long>(report->last.raw),
        static_cast<unsigned long long>(report->replayed),
        static_cast<unsigned long long>(report->event_frames_compared),
        static_cast<unsigned long long>(report->snapshots_compared),
        static_cast<unsigned long long>(*checkpoints), static_cast<unsigned long long>(report->state_hash));
    if (deep) print(*deep);
    std::printf("verified: yes\n");
    return 0;
}

/// Counts and bytes of the segments of one kind.
int print_segments(journal::FileSystem& disk, const std::string& directory, journal::SegmentKind kind,
                   const char* name) {
    const auto places = journal::list_segments(disk, directory, kind);
    if (!places) return fail(places.error());
    std::uint64_t bytes = 0;
    for (const journal::SegmentPlace& place : *places) {
        const auto file = disk.open(place.path, journal::OpenMode::read);
        const auto size = file ? (*file)->size() : journal::IoResult<std::uint64_t>(std::uint64_t{0});
        bytes += size.value_or(0);
    }
    std::printf("%s_segments: %zu\n%s_bytes: %llu\n", name, places->size(), name,
                static_cast<unsigned long long>(bytes));
    return 0;
}

/// `rules: 1 from 1, 2 from 42`.
int print_rules(journal::FileSystem& disk, const std::string& directory) {
    const auto parts = journal::rules_parts(disk, directory);
    if (!parts) return fail(parts.error());
    std::printf("rules:");
    for (const journal::RulesPart& part : *parts) {
        std::printf("%s %u from %llu", &part == parts->data() ? "" : ",", part.rules_version,
                    static_cast<unsigned long long>(part.first_sequence));
    }
    std::printf("\n");
    return 0;
}

int stat(const std::string& directory) {
    journal::PosixFileSystem disk;
    if (const int status = print_segments(disk, journal::join(directory, "journal"),
                                          journal::SegmentKind::journal, "journal");
        status != 0)
        return status;
    if (const int status = print_segments(disk, journal::join(directory, "events"),
                                          journal::SegmentKind::event_log, "event_log");
        status != 0)
        return status;
    journal::SnapshotStore snapshots(disk, journal::join(directory, "snapshots"));
    const auto listed = snapshots.list();
    if (!listed) return fail(listed.error());
    std::printf("snapshots: %zu\nnewest_snapshot: %llu\n", listed->size(),
                static_cast<unsigned long long>(listed->empty() ? 0 : listed->front()));
    auto reader = journal::Reader::open(disk, journal::join(directory, "journal"), {});
    if (!reader) return fail(reader.error());
    std::uint64_t batches = 0;
    std::uint64_t commands = 0;
    std::uint64_t payload = 0;
    while (true) {
        const auto batch = reader->next();
        if (!batch) return fail(batch.error());
        if (!*batch) break;
        ++batches;
        commands += (*batch)->header.record_count;
        payload += (*batch)->length();
    }
    std::printf("commands: %llu\nlast_sequence: %llu\nbatches: %llu\nbytes_used: %llu\nstopped_cleanly: %s\n",
                static_cast<unsigned long long>(commands),
                static_cast<unsigned long long>(reader->next_sequence() - 1),
                static_cast<unsigned long long>(batches), static_cast<unsigned long long>(payload),
                reader->stopped_cleanly() ? "yes" : "no");
    return print_rules(disk, journal::join(directory, "journal"));
}

struct RollSnapshotOptions {
    std::string directory;
    std::uint64_t through = 0;
    std::size_t keep = 2;
    pid_t parent = 0;
};

/// Has the kernel end this process when the thread that started it ends. False when it has ended already.
bool end_with(pid_t parent) {
    return prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == parent;
}

int roll_snapshot(const RollSnapshotOptions& options) {
    if (options.parent != 0 && !end_with(options.parent)) return 1;
    stand_back();
    journal::PatientFileSystem disk(std::make_unique<journal::PosixFileSystem>(),
                                    [] { std::this_thread::sleep_for(std::chrono::milliseconds(2)); });
    sequencer::RollOptions roll;
    roll.rules_version = rules_version;
    roll.keep = options.keep;
    if (options.through != 0) roll.through_max = core::Sequence{options.through};
    const auto rolled = sequencer::roll_snapshot_forward(disk, options.directory, roll);
    if (!rolled) return fail(rolled.error());
    if (*rolled)
        std::fprintf(stderr, "snapshot %s: %llu commands replayed\n", (*rolled)->path.c_str(),
                     static_cast<unsigned long long>((*rolled)->replayed));
    return 0;
}

CLI::App* add(CLI::App& journal, const char* name, const char* help, std::string& directory) {
    CLI::App* command = journal.add_subcommand(name, help);
    command->add_option("DIR", directory, "data directory")->required()->check(CLI::ExistingDirectory);
    return command;
}

}  // namespace

void add_journal_command(CLI::App& app, Action& chosen) {
    CLI::App* journal =
        app.add_subcommand("journal", "Look into a data directory: its commands, figures and proof");
    journal->require_subcommand(1);

    const auto dump_options = std::make_shared<DumpOptions>();
    CLI::App* dump_command =
        add(*journal, "dump", "Print every command, one a line: sequence, time, engine epoch, command",
            dump_options->directory);
    dump_command->add_option("--from", dump_options->from, "first sequence")->capture_default_str();
    dump_command->add_option("--limit", dump_options->limit, "at most so many lines; 0: all")
        ->capture_default_str();
    dump_command->callback(
        [&chosen, dump_options] { chosen = [dump_options] { return dump(*dump_options); }; });

    const auto verified = std::make_shared<VerifyCommandOptions>();
    CLI::App* verify_command =
        add(*journal, "verify",
            "Replay everything and compare it with the event log, every snapshot and every checkpoint of the "
            "views (exchange stopped)",
            verified->directory);
    verify_command->add_flag("--deep", verified->deep,
                             "also compare the state with the views and with history: balances, open orders, "
                             "depth, trades, fills, "
                             "ledger, candles");
    verify_command
        ->add_option("--store", verified->store,
                     "with --deep: history is in this PostgreSQL database, postgresql://user@host/database")
        ->envname("SAUDA_STORE");
    verify_command->callback([&chosen, verified] { chosen = [verified] { return verify(*verified); }; });

    const auto measured = std::make_shared<std::string>();
    add(*journal, "stat", "Print figures: segments, bytes, batches, commands, snapshots", *measured)
        ->callback([&chosen, measured] { chosen = [measured] { return stat(*measured); }; });

    add_past_commands(*journal, chosen);

    const auto roll_options = std::make_shared<RollSnapshotOptions>();
    CLI::App* roll = add(*journal, "roll-snapshot",
                         "Roll the newest snapshot forward over closed segments, beside a running exchange",
                         roll_options->directory);
    roll->add_option("--through", roll_options->through,
                     "no further than this sequence; 0: as far as closed segments go");
    roll->add_option("--keep", roll_options->keep, "snapshots kept")->capture_default_str();
    roll->add_option("--parent", roll_options->parent,
                     "end when this process ends, which must be the parent");
    roll->callback(
        [&chosen, roll_options] { chosen = [roll_options] { return roll_snapshot(*roll_options); }; });
}

}  // namespace sauda
