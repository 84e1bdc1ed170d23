#include "net/testing/test_server.h"

#include <optional>
#include <stdexcept>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/assert.h"
#include "net/body_stream.h"

namespace sauda::net::testing {
namespace asio = boost::asio;

struct TestServer::Io {
    asio::io_context context;
    asio::executor_work_guard<asio::io_context::executor_type> guard = asio::make_work_guard(context);
};

TestServer::TestServer(HttpConfig config) : io_(new Io) {
    server_ = std::make_unique<HttpServer>(io_->context, std::move(config), handlers());
    auto port = server_->listen("127.0.0.1", 0);
    ASSERT(port.has_value());
    port_ = *port;
    thread_ = std::thread([this] { io_->context.run(); });
}

TestServer::~TestServer() {
    gate_ = true;
    on_io([this] {
        web_sockets_.clear();
        server_.reset();
    });
    // Without the guard run() returns once every session has ended: one that never ends hangs the test.
    io_->guard.reset();
    thread_.join();
}

HttpHandlers TestServer::handlers() {
    HttpHandlers handlers;
    handlers.handle = [this](Request request) { return handle(std::move(request)); };
    handlers.accepts_upgrade = [](const Request& request) { return request.path == "/ws"; };
    handlers.opened = [this](const std::shared_ptr<WebSocket>& web_socket, const Request&) {
        opened(web_socket);
    };
    handlers.failed = [this](const std::string&, const std::string& what) { failures_.push_back(what); };
    return handlers;
}

asio::awaitable<void> TestServer::wait_at_gate() {
    ++at_gate_;
    while (!gate_) {
        asio::steady_timer timer(io_->context, std::chrono::milliseconds(1));
        co_await timer.async_wait(asio::use_awaitable);
    }
}

namespace {

/// Three pieces, one of them empty; the broken one throws in place of the last.
class Pieces : public BodyStream {
public:
    explicit Pieces(bool is_broken) : is_broken_(is_broken) {}
    asio::awaitable<std::optional<std::string>> next() override {
        ++count_;
        if (count_ == 3 && is_broken_) throw std::runtime_error("thrown by the stream");
        if (count_ == 2) co_return std::string();
        if (count_ > 3) co_return std::nullopt;
        co_return std::string(count_ == 1 ? 100'000 : 5, count_ == 1 ? 'b' : 'c');
    }

private:
    const bool is_broken_;
    int count_ = 0;
};

}  // namespace

asio::awaitable<Response> TestServer::handle(Request request) {
    Response response;
    response.body = R"({"status":"Success"})";
    if (request.path == "/throw") throw std::runtime_error("thrown by the handler");
    if (request.path == "/throw_int") throw 7;
    if (request.path == "/gate") co_await wait_at_gate();
    if (request.path == "/echo") response.body = request.body;
    if (request.path == "/large") response.shared_body = std::make_shared<const std::string>(8u << 20, 'x');
    if (request.path == "/stream" || request.path == "/broken_stream") {
        response.body = "aaa";
        response.stream = std::make_shared<Pieces>(request.path == "/broken_stream");
    }
    if (request.path == "/nonsense") response.status = 42;
    if (request.path == "/empty") response.status = 204;
    if (request.path == "/injected") response.headers.emplace_back("X-Note", "one\r\nX-Evil: two");
    if (request.path == "/info") {
        response.body = std::string(method_name(request.method)) + "\n" + request.peer_address + "\n" +
                        request.raw_query + "\n";
        for (const auto& [name, value] : request.query.pairs()) response.body += name + "=" + value + "\n";
    }
    if (request.path == "/missing" || request.path == "/refused") {
        response = error_response(404, "not_found", "Nothing is here.");
    }
    co_return response;
}

void TestServer::opened(const std::shared_ptr<WebSocket>& web_socket) {
    web_sockets_.push_back(web_socket);
    WebSocket::Callbacks callbacks;
    callbacks.on_message = [this, weak = std::weak_ptr(web_socket)](std::string_view text) {
        const auto self = weak.lock();
        ASSERT(self != nullptr);
        if (on_message) {
            on_message(self, text);
        } else {
            self->send_text(text);
        }
    };
    if (on_binary) {
        callbacks.on_binary = [this, weak = std::weak_ptr(web_socket)](std::string_view bytes) {
            on_binary(weak.lock(), bytes);
        };
    }
    callbacks.on_close = [this, weak = std::weak_ptr(web_socket)](std::uint16_t code,
                                                                  std::string_view reason) {
        closes_.emplace_back(code, std::string(reason));
        std::erase(web_sockets_, weak.lock());
    };
    web_socket->set_callbacks(std::move(callbacks));
}

void TestServer::on_io(const std::function<void()>& work) {
    std::promise<void> done;
    asio::post(io_->context, [&] {
        work();
        done.set_value();
    });
    done.get_future().wait();
}

Counters TestServer::counters() {
    Counters copy;
    on_io([&] { copy = server_->counters(); });
    return copy;
}

std::vector<std::string> TestServer::failures() {
    std::vector<std::string> copy;
    on_io([&] { copy = failures_; });
    return copy;
}

bool TestServer::wait_for(const std::function<bool(const Counters&)>& condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (std::chrono::steady_clock::now() < deadline) {
        if (condition(counters())) return true;
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return false;
}

std::future<bool> TestServer::drain(std::chrono::milliseconds limit) {
    auto promise = std::make_shared<std::promise<bool>>();
    on_io([&] {
        asio::co_spawn(io_->context, server_->drain(limit),
                       [promise](const std::exception_ptr&, bool is_done) { promise->set_value(is_done); });
    });
    return promise->get_future();
}

void TestServer::stop_accepting() {
    on_io([this] { server_->stop_accepting(); });
}

}  // namespace sauda::net::testing
