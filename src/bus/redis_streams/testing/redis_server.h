/// A real Redis server, as a child of the test on a port of its own.
#pragma once

#include <cstdint>
#include <string>
#include <sys/types.h>
#include <vector>

namespace sauda::bus::redis {

/// Starts in the constructor and answers when that returns; ends, with its directory, with its owner, and
/// with the process if that dies first. Failures stop the process: a test cannot go on without it.
///
/// Threads: one owner.
class RedisServer {
public:
    /// `options` go on the command line, in redis.conf's words: {"--appendonly", "yes"}. By default nothing
    /// is persisted.
    explicit RedisServer(std::vector<std::string> options = {});
    /// A server with `config` for its file, whose port and directory `options` and this class set aside.
    static RedisServer of_config(const std::string& config, std::vector<std::string> options);
    /// A sentinel with `config` for its file.
    static RedisServer sentinel(const std::string& config);
    /// A sentinel for `master`, under the name "sauda", that takes it for dead after 300 ms.
    static RedisServer sentinel_of(const RedisServer& master);
    ~RedisServer();
    RedisServer(RedisServer&& other) noexcept;
    RedisServer& operator=(RedisServer&&) = delete;

    std::uint16_t port() const { return port_; }

    void stop();     ///< SIGTERM, and waits
    void kill();     ///< SIGKILL, and waits
    void pause();    ///< SIGSTOP: connections stay, nobody answers
    void resume();   ///< SIGCONT
    void restart();  ///< on the same port and directory. Requires: it was stopped or killed.

    /// As whom command() comes from now on.
    void log_in(const std::string& user, const std::string& password);
    /// One command on a connection of its own, blocking; the reply as redis-cli --raw prints it.
    std::string command(const std::vector<std::string>& arguments) const;

private:
    RedisServer(std::vector<std::string> options, const std::string& config, bool is_sentinel);
    void launch();
    void wait_until_it_answers() const;
    void end(int signal);

    std::vector<std::string> options_;
    std::string directory_;
    std::string config_;  ///< its file; empty: none
    bool is_sentinel_ = false;
    std::vector<std::string> login_;  ///< the words of AUTH; empty: none
    std::uint16_t port_ = 0;
    pid_t process_ = 0;
};

}  // namespace sauda::bus::redis
