// Statements: the ledger as CSV, whole or page by page.
#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "api-server/api_server.h"
#include "api-server/auth.h"
#include "api-server/history_json.h"
#include "api-server/history_range.h"
#include "api-server/responses.h"
#include "net/body_stream.h"

namespace sauda::api_server {

using base::Unexpected;
using history::Read;

namespace {

constexpr std::size_t statement_page_max = 10'000;
constexpr const char* next_cursor_header = "X-Next-Cursor";
/// How long a statement that has begun waits for one of its pages.
constexpr int page_tries_max = 50;
constexpr auto page_retry_interval = std::chrono::milliseconds(200);

/// The same entries as the ledger's, as CSV; a header tells where the next page begins.
Read<net::Response> statement_page(history::Reader& reader, core::AccountId account,
                                   const history::Range& range) {
    const auto page = reader.ledger(account, {}, range);
    if (!page) return Unexpected{page.error()};
    const auto listings = reader.listings();
    if (!listings) return Unexpected{listings.error()};
    net::Response response;
    response.content_type = "text/csv; charset=utf-8; header=present";
    response.headers.emplace_back("Content-Disposition", "attachment; filename=\"statement.csv\"");
    if (page->next) response.headers.emplace_back(next_cursor_header, history::to_text(*page->next));
    for (const history::LedgerEntry& entry : page->rows)
        response.body += statement_line(**listings, entry, account);
    return response;
}

Answer read_statement_page(const Context& context, core::AccountId account, history::Range range) {
    auto work = [account, range](history::Reader& reader) { return statement_page(reader, account, range); };
    return context.history.run(HistoryPool::asker(account), context.views.last(), std::move(work));
}

/// Where the page after this one begins.
std::optional<history::Cursor> next_of(const net::Response& page) {
    for (const auto& [name, value] : page.headers) {
        if (name == next_cursor_header) return history::parse_cursor(value);
    }
    return std::nullopt;
}

/// The rest of a statement, a page a piece. What is entered meanwhile is newer than its first page and not in
/// it. The context outlives it.
class StatementStream : public net::BodyStream {
public:
    StatementStream(const Context& context, core::AccountId account, const history::Range& range)
        : context_(context), account_(account), range_(range) {}

    boost::asio::awaitable<std::optional<std::string>> next() override {
        if (!range_.cursor) co_return std::nullopt;
        for (int tries = 1;; ++tries) {
            net::Response page = co_await read_statement_page(context_, account_, range_);
            if (page.status == 200) {
                range_.cursor = next_of(page);
                co_return std::move(page.body);
            }
            // Too many wait, or history is behind: the file has begun, and is worth some patience.
            if (tries == page_tries_max) throw std::runtime_error("a statement broke off: " + page.body);
            const auto executor = co_await boost::asio::this_coro::executor;
            boost::asio::steady_timer timer(executor, page_retry_interval);
            co_await timer.async_wait(boost::asio::use_awaitable);
        }
    }

private:
    const Context& context_;
    const core::AccountId account_;
    history::Range range_;
};

/// Where no page is asked for, all of the time that is.
Answer statement(const Context& context, Call call) {
    const auto caller = authenticate_trader(context, call.request);
    if (!caller) co_return caller.error();
    const auto range = range_parameter(call.request, statement_page_max, statement_page_max);
    if (!range) co_return range.error();
    net::Response response = co_await read_statement_page(context, caller->account, *range);
    if (response.status != 200) co_return response;
    response.body.insert(0, statement_header());
    const bool is_page = call.request.query.get("limit") || call.request.query.get("cursor");
    const auto next = next_of(response);
    if (is_page || !next) co_return response;
    std::erase_if(response.headers, [](const auto& header) { return header.first == next_cursor_header; });
    history::Range rest = *range;
    rest.cursor = next;
    response.stream = std::make_shared<StatementStream>(context, caller->account, rest);
    co_return response;
}

}  // namespace

void add_statement_route(Router& router, const Context& context) {
    router.add(net::Method::get, "/api/v1/statement.csv",
               [&context](Call call) { return statement(context, std::move(call)); });
}

}  // namespace sauda::api_server
