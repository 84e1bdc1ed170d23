#include "bench/history_bench.h"

#include <chrono>
#include <cstdio>
#include <filesystem>

#include "bench/durable_engine.h"
#include "bench/flow_maker.h"
#include "bench/machine.h"
#include "bench/report.h"
#include "bench/stages.h"
#include "bench/temporary_directory.h"
#include "history/database.h"
#include "history/store.h"
#include "sql/postgres/address.h"

namespace sauda::bench {

namespace {

using Failure = base::Unexpected<std::string>;

struct Figures {
    std::uint64_t commands = 0;
    std::uint64_t events = 0;
    std::uint64_t rows = 0;
    std::uint64_t batches = 0;
    std::uint64_t event_log_bytes = 0;
    std::uint64_t history_bytes = 0;
    double seconds = 0;
    double fold_seconds = 0;  ///< of them, without writing
    double cpu_seconds = 0;   ///< of them, not waiting for the disk or for a core
};

double wall_seconds() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// An event log as an engine leaves it, of a flow's commands.
std::string fill(const std::string& data_dir, const FlowFile& flow, Progress& progress) {
    const auto opened = DurableEngine::open(data_dir, flow, [](base::ByteView) {});
    if (!opened) return opened.error();
    DurableEngine& engine = **opened;
    prepare(engine, flow, progress);
    const auto rest = flow.records().subspan(flow.header().prefill);
    progress.begin("filling the event log", rest.size());
    engine.send_all(rest, progress);
    return engine.finish_journal();
}

std::string catch_up(const journal::EventLog& log, const std::string& name, std::uint64_t rows_per_batch,
                     Progress& progress, Figures& figures) {
    auto store = history::Store::open(name);
    if (!store) return store.error().message();
    const auto stands = (*store)->progress();
    if (!stands) return stands.error().message();
    if (stands->sequence) return "there is a history already: name a database without one";
    history::Projector projector(**store, {}, {});
    progress.begin("projecting", log.published_sequence());
    const double started = wall_seconds();
    const double started_cpu = thread_cpu_seconds();
    std::string problem;
    const auto write = [&] {
        const double folded = wall_seconds();
        figures.rows += projector.row_count();
        ++figures.batches;
        sql::Done done = (*store)->write(projector.batch());
        if (done) done = (*store)->checkpoint_if_due();
        if (!done) problem = done.error().message();
        projector.written();
        figures.fold_seconds -= wall_seconds() - folded;
    };
    const auto visit = [&](std::uint64_t, base::ByteView bytes) {
        const auto frame = codec::parse_event_frame(bytes);
        if (!frame) return false;
        core::for_each_event(frame->events, [&](const auto&) { ++figures.events; });
        const auto applied = projector.apply(*frame);
        if (!applied) problem = applied.error();
        return problem.empty() && projector.row_count() < rows_per_batch;
    };
    for (std::uint64_t from = log.first_sequence(); problem.empty();) {
        const auto next = log.read(from, std::size_t{16} << 20, visit);
        if (!next) return next.error().message();
        if (*next == from) break;
        from = *next;
        write();
        progress.reach(from - 1);
    }
    figures.commands = projector.progress().sequence.raw;
    figures.seconds = wall_seconds() - started;
    figures.cpu_seconds = thread_cpu_seconds() - started_cpu;
    figures.fold_seconds += figures.seconds;
    return problem;
}

/// What an event log takes on its disk.
std::uint64_t event_log_bytes(const std::string& events) {
    std::uint64_t bytes = 0;
    for (const auto& entry : std::filesystem::directory_iterator(events))
        if (entry.is_regular_file()) bytes += entry.file_size();
    return bytes;
}

/// What a history takes on its disk, indexes included.
base::Result<std::uint64_t, std::string> bytes_of(const std::string& store) {
    if (!sql::postgres::is_address(store)) return std::filesystem::file_size(store);
    auto connection = history::open_to_read(store, history::Reading::everything);
    if (!connection) return Failure{connection.error().message()};
    const auto bytes = connection->number(
        "SELECT CAST(sum(pg_total_relation_size(oid)) AS BIGINT) FROM pg_class "
        "WHERE relnamespace = 'history'::regnamespace AND relkind = 'r'");
    if (!bytes) return Failure{bytes.error().message()};
    return static_cast<std::uint64_t>(*bytes);
}

base::Result<Figures, std::string> measure(const HistoryBenchOptions& options, const std::string& directory,
                                           Progress& progress) {
    const FlowKind kind = options.kind == "moves"      ? FlowKind::moves
                          : options.kind == "crossing" ? FlowKind::crossing
                                                       : FlowKind::markets;
    {
        const FlowFile flow = make_flow(kind, {options.orders, 0, 1'000, 10'000, 1}, progress);
        if (const std::string failure = fill(directory + "/engine", flow, progress); !failure.empty())
            return Failure{failure};
    }
    journal::PosixFileSystem disk;
    const auto recovered = sequencer::recover(disk, directory + "/engine", recover_options(0));
    if (!recovered) return Failure{recovered.error().message()};
    Figures figures;
    const std::string store = options.store.empty() ? directory + "/history.sqlite" : options.store;
    const std::string failure =
        catch_up(*recovered->event_log, store, options.rows_per_batch, progress, figures);
    if (!failure.empty()) return Failure{failure};
    const auto bytes = bytes_of(store);
    if (!bytes) return Failure{bytes.error()};
    figures.history_bytes = *bytes;
    figures.event_log_bytes = event_log_bytes(recovered->directory.events());
    return figures;
}

Report report_of(const Figures& figures) {
    const auto per_second = [&](std::uint64_t count) { return static_cast<double>(count) / figures.seconds; };
    const auto per_command = [&](std::uint64_t count) {
        return static_cast<double>(count) / static_cast<double>(figures.commands);
    };
    Report report;
    report.add("commands", figures.commands).add("seconds", figures.seconds, 3);
    report.add("fold_seconds", figures.fold_seconds, 3).add("cpu_seconds", figures.cpu_seconds, 3);
    report.add("commands_per_second", per_second(figures.commands), 0);
    report.add("events_per_second", per_second(figures.events), 0);
    report.add("rows_per_second", per_second(figures.rows), 0);
    report.add("rows_per_command", per_command(figures.rows), 2);
    report.add("history_bytes_per_command", per_command(figures.history_bytes), 0);
    report.add("history_bytes_per_event",
               static_cast<double>(figures.history_bytes) / static_cast<double>(figures.events), 0);
    report.add("event_log_bytes_per_command", per_command(figures.event_log_bytes), 0);
    return report;
}

int fail(const std::string& why) {
    std::fprintf(stderr, "sauda bench: %s\n", why.c_str());
    return 1;
}

}  // namespace

int run_history_bench(const HistoryBenchOptions& options) {
    const Report machine = describe_machine();
    const auto directory = TemporaryDirectory::make(options.data_dir);
    if (!directory) return fail(directory.error());
    ProgressBar progress("history");
    const auto figures = measure(options, directory->path(), progress);
    if (!figures) return fail(figures.error());
    report_of(*figures).add("machine", machine).print(options.json);
    return 0;
}

}  // namespace sauda::bench
