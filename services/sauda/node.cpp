#include "sauda/node.h"

#include <cstdio>
#include <unistd.h>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include "history-writer/history_writer.h"
#include "journal/posix_file_system.h"
#include "sauda/data_place.h"
#include "sauda/front.h"
#include "sauda/local_engine.h"
#include "sauda/part_configs.h"
#include "sauda/program_end.h"
#include "sauda/runtime_file.h"
#include "telemetry/log.h"

namespace sauda {

namespace asio = boost::asio;
namespace log = telemetry::log;
using base::Result;
using base::Unexpected;

/// Everything, in the order in which it is made; it goes in the opposite order.
struct Node::Impl {
    Impl(const RunConfig& its_config, ReadConfig read_config)
        : config(its_config),
          signals(io, config, std::move(read_config),
                  {.stop = [this](const std::string& why) { begin_stop(why, 0); },
                   .set_live_settings =
                       [this](const RunConfig& live) {
                           if (front) front->set_live_settings(live);
                       }}) {}

    const RunConfig config;
    telemetry::Metrics metrics;
    asio::io_context io{1};
    ProcessSignals signals;
    std::unique_ptr<LocalEngine> engine;
    std::unique_ptr<history_writer::HistoryWriter> history_writer;
    std::unique_ptr<Front> front;

    ProgramEnd end;

    std::string open();
    HistoryLink open_history();
    asio::awaitable<void> start();
    void announce() const;
    void begin_stop(const std::string& why, int status);
    asio::awaitable<void> stop();
};

// --- Making ---

std::string Node::Impl::open() {
    auto opened = LocalEngine::open(
        config,
        [this](const std::string& reason) {
            asio::post(io, [this, reason] { begin_stop("the journal failed: " + reason, 1); });
        },
        metrics);
    if (!opened) return opened.error();
    engine = std::move(*opened);
    if (std::string problem = engine->read_past(); !problem.empty()) return problem;
    FrontHooks hooks;
    hooks.on_failure = [this](const std::string& why) { begin_stop(why, 1); };
    hooks.disk_free_bytes = [this] {
        return journal::PosixFileSystem().free_bytes(config.data_dir).value_or(0);
    };
    auto made = Front::open(config, FrontRole::everything, one_shard(), io, metrics,
                            {{*engine, open_history()}}, std::move(hooks));
    if (!made) return made.error();
    front = std::move(*made);
    front->begin(0);
    return {};
}

HistoryLink Node::Impl::open_history() {
    history_writer::HistoryWriterHooks hooks;
    hooks.has_room = [this] { return engine->has_room(); };
    hooks.on_projected = [this](core::Sequence) {
        asio::post(io, [this] {
            if (front) front->shard(0).history().on_projected();
        });
    };
    const history_writer::HistoryWriterConfig writer_config = history_config(config);
    history_writer =
        history_writer::HistoryWriter::start(writer_config, engine->log(), metrics, std::move(hooks));
    HistoryLink link;
    link.store = writer_config.store;
    link.projected = [this] { return history_writer->projected(); };
    link.demand = [this](core::Sequence sequence) { history_writer->demand(sequence); };
    link.problem = [this] { return history_writer->problem(); };
    return link;
}

// --- Running ---

void Node::Impl::announce() const {
    std::printf("Sauda is running.\n  REST       http://%s:%u\n  WebSocket  ws://%s:%u\n  Data       %s\n",
                config.bind.c_str(), front->http_port(), config.bind.c_str(), front->ws_port(),
                config.data_dir.c_str());
    if (config.demo) {
        std::printf(
            "\nDEMO MODE: anyone who reaches this port can trade as %s with the password %s.\n"
            "A market maker rests quotes, so that your first order fills. Start with --no-demo for real "
            "use.\n",
            demo_trader_email, demo_trader_password);
    }
    std::printf("\nStop with Ctrl-C.\n");
    std::fflush(stdout);
}

asio::awaitable<void> Node::Impl::start() {
    std::string problem = co_await front->start();
    if (problem.empty()) {
        const auto written =
            write_runtime(config.data_dir, {config.bind, front->http_port(), front->ws_port(), getpid()});
        if (!written) problem = written.error().message();
    }
    if (!problem.empty()) {
        std::fprintf(stderr, "sauda: %s\n", problem.c_str());
        begin_stop(problem, 1);
        co_return;
    }
    announce();
    log::info("ready", {{"http_port", front->http_port()},
                        {"ws_port", front->ws_port()},
                        {"demo", config.demo},
                        {"sequence", front->views().last().raw}});
}

void Node::Impl::begin_stop(const std::string& why, int status) {
    if (end.begin(why, status)) asio::co_spawn(io, stop(), asio::detached);
}

asio::awaitable<void> Node::Impl::stop() {
    co_await front->stop();
    io.stop();
}

Node::Node(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Node::~Node() = default;

Result<std::unique_ptr<Node>, std::string> Node::open(const RunConfig& config, ReadConfig read_config) {
    if (const auto checked = check_settings(config); !checked) return Unexpected{checked.error()};
    if (const auto made = make_data_dir(config.data_dir); !made) return Unexpected{made.error()};
    auto impl = std::make_unique<Impl>(config, std::move(read_config));
    if (std::string problem = impl->open(); !problem.empty()) return Unexpected{std::move(problem)};
    return std::unique_ptr<Node>(new Node(std::move(impl)));
}

int Node::run() {
    Impl& node = *impl_;
    asio::co_spawn(node.io, node.front->tick(), asio::detached);
    asio::co_spawn(node.io, node.start(), asio::detached);
    node.io.run();
    remove_runtime(node.config.data_dir);
    node.engine->save_views(node.front->views());
    node.history_writer->stop();
    if (const std::string problem = node.engine->stop(); !problem.empty()) {
        std::fprintf(stderr, "sauda: %s\n", problem.c_str());
        return 1;
    }
    return node.end.exit_status();
}

}  // namespace sauda
