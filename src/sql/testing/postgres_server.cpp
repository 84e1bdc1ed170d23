#include "sql/testing/postgres_server.h"

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include "sql/postgres/database.h"

namespace sauda::sql::testing {

namespace {

constexpr const char* programs = "/usr/lib/postgresql/15/bin/";

[[noreturn]] void give_up(const std::string& why) {
    std::fprintf(stderr, "no PostgreSQL for the tests: %s\n", why.c_str());
    std::abort();
}

/// Whom the server runs as; nobody: as who runs the tests.
const passwd* other_user() {
    if (::geteuid() != 0) return nullptr;
    const passwd* const user = ::getpwnam("postgres");
    if (user == nullptr) give_up("there is no user postgres");
    return user;
}

/// In the child: becomes the user, dies with its parent, and is the program.
[[noreturn]] void become(const std::vector<std::string>& command, const std::string& log) {
    if (const passwd* const user = other_user()) {
        // In this order: who is no longer root may not change groups, and a change of user forgets the
        // signal.
        if (::setgroups(0, nullptr) != 0 || ::setgid(user->pw_gid) != 0 || ::setuid(user->pw_uid) != 0)
            ::_exit(126);
    }
    ::prctl(PR_SET_PDEATHSIG, SIGQUIT);  // PostgreSQL's immediate shutdown
    const int output = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    ::dup2(output, STDOUT_FILENO);
    ::dup2(output, STDERR_FILENO);
    std::vector<char*> arguments;
    for (const std::string& each : command) arguments.push_back(const_cast<char*>(each.c_str()));
    arguments.push_back(nullptr);
    ::execv(arguments[0], arguments.data());
    ::_exit(127);
}

pid_t spawn(const std::vector<std::string>& command, const std::string& log) {
    const pid_t child = ::fork();
    if (child < 0) give_up("fork failed");
    if (child == 0) become(command, log);
    return child;
}

}  // namespace

PostgresServer::PostgresServer() {
    directory_ = (std::filesystem::temp_directory_path() / "sauda-pg-XXXXXX").string();
    if (::mkdtemp(directory_.data()) == nullptr) give_up("no temporary directory");
    if (const passwd* const user = other_user()) {
        if (::chown(directory_.c_str(), user->pw_uid, user->pw_gid) != 0) give_up("chown failed");
    }
    const pid_t making = spawn({std::string(programs) + "initdb", "-D", directory_ + "/data", "-U", "sauda",
                                "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"},
                               directory_ + "/log");
    int status = 0;
    if (::waitpid(making, &status, 0) != making || status != 0)
        give_up("initdb failed; see " + directory_ + "/log");
    start();
}

PostgresServer::~PostgresServer() {
    kill();
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
}

PostgresServer& PostgresServer::shared() {
    static PostgresServer server;
    return server;
}

void PostgresServer::start() {
    process_ = spawn({std::string(programs) + "postgres", "-D", directory_ + "/data", "-k", directory_, "-c",
                      "listen_addresses=", "-c", "fsync=off", "-c", "max_connections=50", "-c",
                      "shared_buffers=32MB", "-c", "log_min_messages=warning"},
                     directory_ + "/log");
    constexpr int tries_max = 600;
    for (int tries = 0; tries < tries_max; ++tries) {
        if (postgres::open(address("postgres"), {})) return;
        if (::waitpid(process_, nullptr, WNOHANG) != 0) break;
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    give_up("the server does not start; see " + directory_ + "/log");
}

void PostgresServer::kill() {
    if (process_ == 0) return;
    ::kill(process_, SIGQUIT);
    ::waitpid(process_, nullptr, 0);
    process_ = 0;
}

void PostgresServer::freeze(bool is_frozen) {
    // The processes of the sessions, which do the work, are the server's children.
    const std::string path =
        "/proc/" + std::to_string(process_) + "/task/" + std::to_string(process_) + "/children";
    std::FILE* const children = std::fopen(path.c_str(), "r");
    if (children == nullptr) give_up("no list of the server's processes");
    const int signal = is_frozen ? SIGSTOP : SIGCONT;
    ::kill(process_, signal);
    for (int child = 0; std::fscanf(children, "%d", &child) == 1;) ::kill(child, signal);
    std::fclose(children);
}

std::string PostgresServer::address(const std::string& database) const {
    return "postgresql://sauda@/" + database + "?host=" + directory_;
}

std::string PostgresServer::new_database() {
    const std::string database = "test" + std::to_string(++databases_);
    auto connection = postgres::open(address("postgres"), {});
    if (!connection) give_up(connection.error().message());
    if (const Done made = connection->execute("CREATE DATABASE " + database); !made)
        give_up(made.error().message());
    return address(database);
}

}  // namespace sauda::sql::testing
