#include "sauda/history_program.h"

#include <atomic>
#include <charconv>
#include <cstdio>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include "codec/json_value.h"
#include "history-writer/history_writer.h"
#include "journal/posix_file_system.h"
#include "net/http_server.h"
#include "redis_streams/subscriber.h"
#include "sauda/data_place.h"
#include "sauda/part_configs.h"
#include "sauda/program_end.h"
#include "sauda/remote/engine_address.h"
#include "sauda/remote/history_demand.h"
#include "sauda/remote/redis_settings.h"
#include "sauda/remote/remote_events.h"
#include "sauda/shards.h"
#include "telemetry/log.h"

namespace sauda {

namespace asio = boost::asio;
namespace log = telemetry::log;
using base::Result;
using base::Unexpected;

namespace {

constexpr auto drain_limit = std::chrono::milliseconds(500);

}  // namespace

/// Everything, in the order in which it is made; it goes in the opposite order.
struct HistoryProgram::Impl {
    Impl(const RunConfig& its_config, ReadConfig read_config)
        : config(its_config),
          signals(io, config, std::move(read_config),
                  {.stop = [this](const std::string& why) { begin_stop(why, 0); }, .set_live_settings = {}}) {
    }

    const RunConfig config;
    telemetry::Metrics metrics;
    asio::io_context io{1};
    ProcessSignals signals;
    bus::redis::RedisConfig where;
    std::string store;  ///< where the history is
    std::unique_ptr<RemoteEvents> events;
    std::unique_ptr<history_writer::HistoryWriter> writer;
    std::unique_ptr<bus::redis::Subscriber> demands;
    std::unique_ptr<net::HttpServer> http;

    ProgramEnd end;
    bool is_asking = false;

    std::string open();
    void ask_how_far();
    void write();
    std::string listen();
    std::string problem() const;
    void demand(std::string_view text);
    asio::awaitable<net::Response> handle(net::Request request);
    void begin_stop(const std::string& why, int status);
    asio::awaitable<void> stop();
};

std::string HistoryProgram::Impl::open() {
    const auto shard = own_shard(config);
    if (!shard) return shard.error();
    const RunConfig of_shard = config_of(config, *shard);
    const auto its_redis = redis_config(of_shard, "history-writer");
    if (!its_redis) return its_redis.error();
    where = *its_redis;
    const auto address = engine_address(of_shard);
    if (!address) return address.error();
    if (config.store.empty() && shard->number != 0) {
        for (const std::string& folder : {std::string("/shards"), "/shards/" + shard->name}) {
            if (const auto made = make_data_dir(config.data_dir + folder); !made) return made.error();
        }
    }
    store = history_store_of(config, *shard);
    RemoteEvents::Hooks hooks;
    hooks.on_failure = [this](const std::string& why) { begin_stop(why, 1); };
    hooks.on_found = [this] { ask_how_far(); };
    events = std::make_unique<RemoteEvents>(*address, io, metrics, std::move(hooks));
    events->begin_asking();
    return {};
}

/// The engine is there; writing begins when it has told where its events end.
void HistoryProgram::Impl::ask_how_far() {
    if (std::exchange(is_asking, true)) return;
    const auto problem = std::make_shared<std::string>();
    events->liaison().run([&event_log = events->log(), problem](
                              EngineClient&, const std::atomic<bool>&) { *problem = event_log.refresh(); },
                          [this, problem] {
                              is_asking = false;
                              if (problem->empty()) return write();
                              log::warning("the engine did not say where its events end; it is asked again",
                                           {{"reason", *problem}});
                          });
}

void HistoryProgram::Impl::write() {
    history_writer::HistoryWriterHooks writing;
    writing.has_room = [this] {
        const auto free_bytes = journal::PosixFileSystem().free_bytes(config.data_dir);
        return !free_bytes || *free_bytes >= (config.disk_reserve_mib << 20);
    };
    writing.on_projected = [](core::Sequence) {};
    history_writer::HistoryWriterConfig writer_config = history_config(config);
    writer_config.store = store;
    writer = history_writer::HistoryWriter::start(writer_config, events->log(), metrics, std::move(writing));
    events->start(where, events->log().published_sequence());
    bus::redis::SubscriberHooks heard;
    heard.on_message = [this](std::string_view, std::string_view text) { demand(text); };
    demands = std::make_unique<bus::redis::Subscriber>(
        io, where, std::vector{where.key(history_demand_channel)}, std::move(heard));
    demands->start();
    log::info("writing history", {{"shard", config.shard}, {"sequence", writer->projected().raw}});
}

/// Why nothing is written, in a sentence; empty: it is.
std::string HistoryProgram::Impl::problem() const {
    if (end.has_begun()) return "the history writer is stopping";
    if (writer) return writer->problem();
    if (!events->misfit().empty()) return events->misfit();
    return events->unreachable().empty() ? "the engine's events are being asked for" : events->unreachable();
}

void HistoryProgram::Impl::demand(std::string_view text) {
    std::uint64_t sequence = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), sequence);
    // Who asks has heard of the events; this process may be about to.
    if (read.ec == std::errc()) writer->demand({sequence});
}

asio::awaitable<net::Response> HistoryProgram::Impl::handle(net::Request request) {
    net::Response response;
    if (request.path == "/metrics") {
        response.content_type = "text/plain; version=0.0.4; charset=utf-8";
        response.body = metrics.page();
        co_return response;
    }
    if (std::string why = problem(); request.path == "/health/ready" && !why.empty())
        co_return net::error_response(503, "not_ready", why);
    if (!request.path.starts_with("/health/"))
        co_return net::error_response(404, "unknown_path", "Only health and metrics are here.");
    response.body = R"({"status":"Success","sequence":)" +
                    std::to_string(writer ? writer->projected().raw : 0) + R"(,"lag":)" +
                    std::to_string(writer ? writer->lag() : 0) + "}";
    co_return response;
}

std::string HistoryProgram::Impl::listen() {
    net::HttpHandlers handlers;
    handlers.handle = [this](net::Request request) { return handle(std::move(request)); };
    http = std::make_unique<net::HttpServer>(io, http_config(config), std::move(handlers));
    const auto bound = http->listen(config.bind, config.http_port);
    if (!bound) return bound.error().message();
    std::printf(
        "A history writer is running.\n  Health     http://%s:%u/health/ready\n  Engine     http://%s:%u, "
        "shard %s\n",
        config.bind.c_str(), *bound, events->address().host.c_str(), events->address().port,
        config.shard.c_str());
    std::fflush(stdout);
    log::info("listening", {{"http_port", *bound}, {"shard", config.shard}});
    return {};
}

void HistoryProgram::Impl::begin_stop(const std::string& why, int status) {
    if (end.begin(why, status)) asio::co_spawn(io, stop(), asio::detached);
}

asio::awaitable<void> HistoryProgram::Impl::stop() {
    if (http) co_await http->drain(drain_limit);
    io.stop();
}

HistoryProgram::HistoryProgram(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HistoryProgram::~HistoryProgram() = default;

Result<std::unique_ptr<HistoryProgram>, std::string> HistoryProgram::open(const RunConfig& config,
                                                                          ReadConfig read_config) {
    if (const auto checked = check_settings(config); !checked) return Unexpected{checked.error()};
    if (const auto made = make_data_dir(config.data_dir); !made) return Unexpected{made.error()};
    auto impl = std::make_unique<Impl>(config, std::move(read_config));
    if (std::string problem = impl->open(); !problem.empty()) return Unexpected{std::move(problem)};
    return std::unique_ptr<HistoryProgram>(new HistoryProgram(std::move(impl)));
}

int HistoryProgram::run() {
    Impl& program = *impl_;
    if (const std::string problem = program.listen(); !problem.empty()) {
        std::fprintf(stderr, "sauda history-writer: %s\n", problem.c_str());
        program.end.begin(problem, 1);
    } else {
        program.io.run();
    }
    if (program.writer) program.writer->stop();
    return program.end.exit_status();
}

}  // namespace sauda
