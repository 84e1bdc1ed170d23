#include "bench/in_child.h"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <exception>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace sauda::bench {

namespace {

/// What comes first through the pipe.
constexpr char is_value = 'v';
constexpr char is_failure = 'f';

void write_all(int file, const std::string& bytes) {
    for (std::size_t done = 0; done < bytes.size();) {
        const ssize_t written = write(file, bytes.data() + done, bytes.size() - done);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return;
        done += static_cast<std::size_t>(written);
    }
}

std::string read_all(int file) {
    std::string bytes;
    char piece[65'536];
    while (true) {
        const ssize_t got = read(file, piece, sizeof piece);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return bytes;
        bytes.append(piece, static_cast<std::size_t>(got));
    }
}

std::string answer_of(const std::function<base::Result<std::string, std::string>()>& work) {
    try {
        const auto value = work();
        return value ? is_value + *value : is_failure + value.error();
    } catch (const std::exception& failure) {
        return is_failure + std::string(failure.what());
    }
}

std::string death_of(int status) {
    if (WIFSIGNALED(status)) return "the run died of signal " + std::to_string(WTERMSIG(status));
    return "the run ended with status " + std::to_string(WEXITSTATUS(status));
}

}  // namespace

base::Result<std::string, std::string> bytes_from_child(
    const std::function<base::Result<std::string, std::string>()>& work) {
    int pipe_ends[2];
    if (pipe(pipe_ends) != 0) return base::Unexpected{std::string("no pipe to a run's process")};
    std::fflush(nullptr);  // or the child would write what waits a second time
    const pid_t child = fork();
    if (child < 0) return base::Unexpected{std::string("no process for a run")};
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        close(pipe_ends[0]);
        write_all(pipe_ends[1], answer_of(work));
        _exit(0);
    }
    close(pipe_ends[1]);
    std::string answer = read_all(pipe_ends[0]);
    close(pipe_ends[0]);
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0 || answer.empty())
        return base::Unexpected{death_of(status)};
    const bool succeeded = answer.front() == is_value;
    answer.erase(0, 1);
    if (!succeeded) return base::Unexpected{std::move(answer)};
    return answer;
}

}  // namespace sauda::bench
