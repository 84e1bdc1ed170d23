#include "redis_streams/testing/redis_server.h"

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <hiredis/hiredis.h>

#include "base/assert.h"

namespace sauda::bus::redis {

namespace {

std::string make_directory() {
    std::string path = (std::filesystem::temp_directory_path() / "sauda-redis-XXXXXX").string();
    ASSERT(mkdtemp(path.data()) != nullptr);
    return path;
}

/// A port that was free a moment ago.
std::uint16_t free_port() {
    boost::asio::io_context io;
    const boost::asio::ip::tcp::endpoint any(boost::asio::ip::address_v4::loopback(), 0);
    return boost::asio::ip::tcp::acceptor(io, any).local_endpoint().port();
}

/// In the child: only calls that are safe between fork and exec.
[[noreturn]] void become(const std::vector<char*>& arguments, const char* log) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    const int file = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    dup2(file, STDOUT_FILENO);
    dup2(file, STDERR_FILENO);
    execvp(arguments[0], arguments.data());
    _exit(127);
}

using Context = std::unique_ptr<redisContext, decltype(&redisFree)>;

Context connect_to(std::uint16_t port) {
    const timeval patience{2, 0};
    Context context(redisConnectWithTimeout("127.0.0.1", port, patience), redisFree);
    if (context && context->err == 0) redisSetTimeout(context.get(), patience);
    return context;
}

std::string text_of(const redisReply& reply) {
    if (reply.type == REDIS_REPLY_INTEGER) return std::to_string(reply.integer);
    if (reply.type != REDIS_REPLY_ARRAY) return reply.str ? std::string(reply.str, reply.len) : std::string();
    std::string lines;
    for (std::size_t i = 0; i < reply.elements; ++i) {
        if (i > 0) lines += '\n';
        lines += text_of(*reply.element[i]);
    }
    return lines;
}

std::string ask(redisContext& context, const std::vector<std::string>& arguments) {
    std::vector<const char*> texts;
    std::vector<std::size_t> sizes;
    for (const std::string& argument : arguments) {
        texts.push_back(argument.data());
        sizes.push_back(argument.size());
    }
    auto* reply = static_cast<redisReply*>(
        redisCommandArgv(&context, static_cast<int>(texts.size()), texts.data(), sizes.data()));
    if (reply == nullptr) return std::string("lost: ") + context.errstr;
    const std::string text = text_of(*reply);
    freeReplyObject(reply);
    return text;
}

}  // namespace

RedisServer::RedisServer(std::vector<std::string> options)
    : RedisServer(std::move(options), std::string(), false) {}

RedisServer::RedisServer(std::vector<std::string> options, const std::string& config, bool is_sentinel)
    : options_(std::move(options)),
      directory_(make_directory()),
      is_sentinel_(is_sentinel),
      port_(free_port()) {
    if (!config.empty()) {
        config_ = directory_ + "/config";
        std::ofstream(config_) << config;
    }
    launch();
}

RedisServer RedisServer::of_config(const std::string& config, std::vector<std::string> options) {
    return RedisServer(std::move(options), config, false);
}

RedisServer RedisServer::sentinel(const std::string& config) {
    return RedisServer({}, config, true);
}

RedisServer RedisServer::sentinel_of(const RedisServer& master) {
    return sentinel("sentinel monitor sauda 127.0.0.1 " + std::to_string(master.port()) +
                    " 1\n"
                    "sentinel down-after-milliseconds sauda 300\n"
                    "sentinel failover-timeout sauda 2000\n");
}

RedisServer::RedisServer(RedisServer&& other) noexcept
    : options_(std::move(other.options_)),
      directory_(std::exchange(other.directory_, {})),
      config_(std::move(other.config_)),
      is_sentinel_(other.is_sentinel_),
      login_(std::move(other.login_)),
      port_(other.port_),
      process_(std::exchange(other.process_, 0)) {}

RedisServer::~RedisServer() {
    if (process_ != 0) end(SIGKILL);
    if (!directory_.empty()) std::filesystem::remove_all(directory_);
}

void RedisServer::launch() {
    std::vector<std::string> words{"redis-server"};
    if (!config_.empty()) words.push_back(config_);
    if (is_sentinel_) words.emplace_back("--sentinel");
    words.insert(words.end(), {"--port", std::to_string(port_), "--bind", "127.0.0.1", "--dir", directory_});
    if (config_.empty()) words.insert(words.end(), {"--save", "", "--appendonly", "no"});
    words.insert(words.end(), options_.begin(), options_.end());
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    const std::string log = directory_ + "/log";
    process_ = fork();
    ASSERT(process_ >= 0);
    if (process_ == 0) become(arguments, log.c_str());
    wait_until_it_answers();
}

void RedisServer::wait_until_it_answers() const {
    for (int attempt = 0; attempt < 1'000; ++attempt) {
        const Context context = connect_to(port_);
        if (context && context->err == 0) {
            auto* reply = static_cast<redisReply*>(redisCommand(context.get(), "PING"));
            const bool answers = reply != nullptr && !text_of(*reply).starts_with("LOADING");
            if (reply != nullptr) freeReplyObject(reply);
            if (answers) return;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    ASSERT(!"redis-server does not answer: its log is in its directory");
}

void RedisServer::end(int signal) {
    ::kill(process_, signal);
    // One that is paused ends by SIGKILL as it is; let go on first, it would answer what waits.
    if (signal != SIGKILL) ::kill(process_, SIGCONT);
    waitpid(std::exchange(process_, 0), nullptr, 0);
}

void RedisServer::stop() {
    end(SIGTERM);
}

void RedisServer::kill() {
    end(SIGKILL);
}

void RedisServer::pause() {
    ::kill(process_, SIGSTOP);
    int status = 0;
    waitpid(process_, &status, WUNTRACED);
}

void RedisServer::resume() {
    ::kill(process_, SIGCONT);
}

void RedisServer::restart() {
    ASSERT(process_ == 0);
    launch();
}

void RedisServer::log_in(const std::string& user, const std::string& password) {
    login_ = {"AUTH", user, password};
}

std::string RedisServer::command(const std::vector<std::string>& arguments) const {
    const Context context = connect_to(port_);
    ASSERT(context != nullptr);
    if (!login_.empty()) ask(*context, login_);
    return ask(*context, arguments);
}

}  // namespace sauda::bus::redis
