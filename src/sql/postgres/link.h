/// One connection to a PostgreSQL server, on which nobody waits for ever: libpq's calls that do not block,
/// and the waiting between them.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "sql/error.h"
#include "sql/postgres/interrupt.h"

struct pg_conn;
struct pg_result;

namespace sauda::sql::postgres {

struct ClearResult {
    void operator()(pg_result* result) const;
};
using ResultPointer = std::unique_ptr<pg_result, ClearResult>;

/// Threads: one at a time.
class Link {
public:
    /// `name` is the database in errors. A wait of `answer_timeout` loses the connection; zero: none does.
    static Result<std::unique_ptr<Link>> open(const std::string& address, const std::string& name,
                                              std::chrono::milliseconds answer_timeout,
                                              const Interrupt* interrupt);

    /// Runs statements that bind nothing and whose rows nobody wants.
    Done execute(const std::string& sql);
    /// The last result of what `was_sent` says was handed to libpq, or the first failure of it.
    Result<ResultPointer> answer(int was_sent);

    /// Begins a COPY into the database, takes bytes for it, and ends it.
    Done begin_copy(const std::string& sql);
    Done put(std::string_view bytes);
    Done end_copy();
    void give_up_copy();

    /// Whether the server has hung up, as far as can be told without asking it.
    bool is_lost();
    pg_conn* handle() const { return handle_.get(); }
    /// What the server, or the way to it, said last.
    Error last_error(const std::string& operation) const;

private:
    struct Finish {
        void operator()(pg_conn* handle) const;
    };
    Link(pg_conn* handle, std::string name, std::chrono::milliseconds answer_timeout,
         const Interrupt* interrupt);

    bool wait(short events);
    bool flush();
    Result<ResultPointer> next();
    Done drain();
    Error error_of(const pg_result* result) const;
    void lose(const char* why);

    const std::string name_;
    const std::chrono::milliseconds answer_timeout_;
    const Interrupt* const interrupt_;
    std::unique_ptr<pg_conn, Finish> handle_;
    std::string why_lost_;  ///< not empty: it is of no use any more
};

}  // namespace sauda::sql::postgres
