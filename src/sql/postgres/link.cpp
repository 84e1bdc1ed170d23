#include "sql/postgres/link.h"

#include <array>
#include <cerrno>
#include <libpq-fe.h>
#include <optional>
#include <poll.h>
#include <string_view>
#include <utility>
#include <vector>

namespace sauda::sql::postgres {

using base::Unexpected;

namespace {

/// Later ones win: what the address says outweighs what stands before it.
Result<PGconn*> connect(const std::string& address, const std::string& name) {
    // A host that vanished is noticed in about ten seconds, whoever waits and for whatever.
    constexpr std::pair<const char*, const char*> settings[] = {
        {"connect_timeout", "3"},     {"application_name", "sauda"}, {"keepalives_idle", "5"},
        {"keepalives_interval", "2"}, {"keepalives_count", "3"},     {"tcp_user_timeout", "10000"}};
    std::vector<const char*> keywords;
    std::vector<const char*> values;
    for (const auto& [keyword, value] : settings) {
        keywords.push_back(keyword);
        values.push_back(value);
    }
    keywords.insert(keywords.end(), {"dbname", "client_encoding", nullptr});
    values.insert(values.end(), {address.c_str(), "UTF8", nullptr});
    PGconn* const handle = PQconnectdbParams(keywords.data(), values.data(), 1);
    if (handle == nullptr) return Unexpected{make_error({"connect to", name, ENOMEM, {}})};
    return handle;
}

/// libpq ends its sentences with a line's end.
std::string one_line(std::string_view text) {
    while (text.ends_with('\n')) text.remove_suffix(1);
    std::string out(text);
    for (char& c : out) {
        if (c == '\n') c = ' ';
    }
    return out;
}

Error::Kind kind_of(std::string_view state) {
    if (state == "23505") return Error::Kind::duplicate;
    if (state == "XX001" || state == "XX002") return Error::Kind::damaged;
    const bool is_lost = state.starts_with("08") || state.starts_with("57P");
    return is_lost ? Error::Kind::lost : Error::Kind::other;
}

void ignore_notice(void*, const PGresult*) {}

}  // namespace

void ClearResult::operator()(pg_result* result) const {
    PQclear(result);
}

void Link::Finish::operator()(pg_conn* handle) const {
    PQfinish(handle);
}

Link::Link(pg_conn* handle, std::string name, std::chrono::milliseconds answer_timeout,
           const Interrupt* interrupt)
    : name_(std::move(name)), answer_timeout_(answer_timeout), interrupt_(interrupt), handle_(handle) {}

Result<std::unique_ptr<Link>> Link::open(const std::string& address, const std::string& name,
                                         std::chrono::milliseconds answer_timeout,
                                         const Interrupt* interrupt) {
    const auto handle = connect(address, name);
    if (!handle) return Unexpected{handle.error()};
    auto link = std::unique_ptr<Link>(new Link(*handle, name, answer_timeout, interrupt));
    if (PQstatus(*handle) != CONNECTION_OK) return Unexpected{link->last_error("connect to")};
    PQsetNoticeReceiver(*handle, &ignore_notice, nullptr);
    PQsetnonblocking(*handle, 1);
    return link;
}

// --- Waiting ---

/// False: the connection is lost.
bool Link::wait(short events) {
    if (!why_lost_.empty()) return false;
    std::array<pollfd, 2> waited{
        {{PQsocket(handle_.get()), events, 0}, {interrupt_ ? interrupt_->descriptor() : -1, POLLIN, 0}}};
    const int timeout_ms = answer_timeout_.count() == 0 ? -1 : static_cast<int>(answer_timeout_.count());
    int ready = 0;
    do {
        ready = ::poll(waited.data(), waited.size(), timeout_ms);
    } while (ready < 0 && errno == EINTR);
    if (ready == 0) lose("the server does not answer");
    if (waited[1].revents != 0) lose("what waited for the server was to end");
    if (!why_lost_.empty()) return false;
    if ((waited[0].revents & (POLLIN | POLLERR | POLLHUP)) == 0) return true;
    // Also while something is sent: the server may say meanwhile why it takes no more.
    return PQconsumeInput(handle_.get()) == 1;
}

bool Link::flush() {
    int left = PQflush(handle_.get());
    while (left == 1) {
        if (!wait(POLLIN | POLLOUT)) return false;
        left = PQflush(handle_.get());
    }
    return left == 0;
}

/// The next result; null: there are no more.
Result<ResultPointer> Link::next() {
    if (!flush()) return Unexpected{last_error("query")};
    while (PQisBusy(handle_.get()) == 1) {
        if (!wait(POLLIN)) return Unexpected{last_error("query")};
    }
    return ResultPointer(PQgetResult(handle_.get()));
}

void Link::lose(const char* why) {
    why_lost_ = why;
}

bool Link::is_lost() {
    if (!why_lost_.empty() || PQstatus(handle_.get()) != CONNECTION_OK) return true;
    pollfd waited{PQsocket(handle_.get()), POLLIN, 0};
    if (::poll(&waited, 1, 0) == 1 && PQconsumeInput(handle_.get()) == 0) lose("the server has hung up");
    return !why_lost_.empty() || PQstatus(handle_.get()) != CONNECTION_OK;
}

// --- Errors ---

Error Link::last_error(const std::string& operation) const {
    const std::string what = why_lost_.empty() ? one_line(PQerrorMessage(handle_.get())) : why_lost_;
    const bool is_bad = !why_lost_.empty() || PQstatus(handle_.get()) != CONNECTION_OK;
    return {{operation, name_, 0, what}, is_bad ? Error::Kind::lost : Error::Kind::other, 0};
}

/// Without the detail, which tells values of rows: errors are logged.
Error Link::error_of(const pg_result* result) const {
    const char* const state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char* const message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    if (state == nullptr || message == nullptr) return last_error("query");
    Error error{{"query", name_, 0, one_line(message) + " (SQLSTATE " + state + ")"}, kind_of(state), 0};
    if (PQstatus(handle_.get()) != CONNECTION_OK) error.kind = Error::Kind::lost;
    return error;
}

// --- Asking ---

Result<ResultPointer> Link::answer(int was_sent) {
    if (was_sent != 1) return Unexpected{last_error("query")};
    ResultPointer last;
    std::optional<Error> failure;
    for (;;) {
        auto result = next();
        if (!result) return Unexpected{result.error()};
        if (!*result) break;
        const ExecStatusType status = PQresultStatus(result->get());
        const bool is_good = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
        if (!is_good && !failure) failure = error_of(result->get());
        last = std::move(*result);
        if (PQstatus(handle_.get()) != CONNECTION_OK) break;
    }
    if (failure) return Unexpected{*failure};
    if (!last) return Unexpected{last_error("query")};
    return last;
}

Done Link::execute(const std::string& sql) {
    if (is_lost()) return Unexpected{last_error("query")};
    const auto answered = answer(PQsendQuery(handle_.get(), sql.c_str()));
    if (!answered) return Unexpected{answered.error()};
    return {};
}

// --- Copying ---

Done Link::begin_copy(const std::string& sql) {
    if (is_lost() || PQsendQuery(handle_.get(), sql.c_str()) != 1) return Unexpected{last_error("copy")};
    auto result = next();
    if (!result) return Unexpected{result.error()};
    if (*result && PQresultStatus(result->get()) == PGRES_COPY_IN) return {};
    Error error = *result ? error_of(result->get()) : last_error("copy");
    static_cast<void>(drain());
    return Unexpected{std::move(error)};
}

Done Link::put(std::string_view bytes) {
    int taken = PQputCopyData(handle_.get(), bytes.data(), static_cast<int>(bytes.size()));
    while (taken == 0) {
        if (!wait(POLLIN | POLLOUT)) return Unexpected{last_error("copy")};
        taken = PQputCopyData(handle_.get(), bytes.data(), static_cast<int>(bytes.size()));
    }
    // At once, so that libpq never holds more than one piece.
    if (taken != 1 || !flush()) return Unexpected{last_error("copy")};
    return {};
}

Done Link::end_copy() {
    if (PQputCopyEnd(handle_.get(), nullptr) != 1) return Unexpected{last_error("copy")};
    return drain();
}

void Link::give_up_copy() {
    if (PQputCopyEnd(handle_.get(), "given up") == 1) static_cast<void>(drain());
}

Done Link::drain() {
    const auto answered = answer(1);
    if (!answered) return Unexpected{answered.error()};
    return {};
}

}  // namespace sauda::sql::postgres
