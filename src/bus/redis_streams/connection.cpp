#include "redis_streams/connection.h"

#include <algorithm>
#include <utility>

namespace sauda::bus::redis {

namespace {

/// The value of `name` in what INFO answers: lines of `name:value`.
std::string_view info_value(std::string_view info, std::string_view name) {
    while (!info.empty()) {
        const std::size_t end = info.find("\r\n");
        const std::string_view line = info.substr(0, end);
        if (line.starts_with(name) && line.substr(name.size()).starts_with(':'))
            return line.substr(name.size() + 1);
        info.remove_prefix(end == std::string_view::npos ? info.size() : end + 2);
    }
    return {};
}

}  // namespace

Connection::Connection(boost::asio::io_context& io, const RedisConfig& config, std::string_view role,
                       ConnectionHooks hooks)
    : io_(io),
      config_(config),
      name_(config.client_name + "." + std::string(role)),
      hooks_(std::move(hooks)),
      timer_(io),
      finder_(io, config_) {}

Connection::~Connection() {
    ready_ = false;
    if (const auto link = std::exchange(link_, nullptr)) link->close();
}

void Connection::start() {
    attempt();
}

void Connection::send(Arguments arguments, Callback callback, Milliseconds timeout) {
    if (!is_ready())
        return callback(base::Unexpected{Failure{Failure::Kind::lost, "not connected to Redis"}});
    link_->send(arguments, timeout, std::move(callback));
}

void Connection::send(Arguments arguments, Callback callback) {
    send(arguments, std::move(callback), config_.reply_timeout);
}

void Connection::send_unanswered(Arguments arguments) {
    if (is_ready()) link_->send_unanswered(arguments);
}

void Connection::reconnect(const std::string& reason) {
    if (is_ready()) link_->lose(reason);
}

void Connection::attempt() {
    timer_.start(config_.connect_timeout,
                 [this] { lost(link_ ? "Redis does not answer" : "no server was found in time"); });
    finder_.find([this](const base::Result<MasterFinder::Endpoint, std::string>& found) {
        if (!found) return lost(found.error());
        open(*found);
    });
}

void Connection::open(const MasterFinder::Endpoint& master) {
    LinkHooks hooks;
    hooks.on_open = [this] { introduce(); };
    hooks.on_lost = [this](const std::string& reason) { lost(reason); };
    hooks.on_push = hooks_.on_push;
    master_ = master;
    link_ = Link::make(io_, 2 * config_.reply_timeout, std::move(hooks));
    link_->connect(master);
}

void Connection::introduce() {
    const auto link = link_;
    const auto nothing_to_check = [](Reply) {};
    if (!config_.password.empty()) {
        if (config_.username.empty()) {
            expect(link, {"AUTH", config_.password}, nothing_to_check);
        } else {
            expect(link, {"AUTH", config_.username, config_.password}, nothing_to_check);
        }
    }
    expect(link, {"CLIENT", "SETNAME", name_}, nothing_to_check);
    if (!config_.sentinels.empty()) {
        expect(link, {"ROLE"}, [this](Reply role) {
            const bool is_master = role.size() > 0 && role[0].text() == "master";
            if (!is_master) link_->lose("the sentinels named a server that is no master");
        });
    }
    expect(link, {"INFO", "server"}, [this](Reply info) {
        server_id_ = info_value(info.text(), "run_id");
        confirm_master();
    });
}

void Connection::confirm_master() {
    if (config_.sentinels.empty()) return become_ready();
    finder_.find([this](const base::Result<MasterFinder::Endpoint, std::string>& found) {
        if (!found) return link_->lose(found.error());
        if (*found != master_) return link_->lose("the sentinels name another server by now");
        become_ready();
    });
}

/// Sends one line of the introduction; a failure ends the attempt.
void Connection::expect(const std::shared_ptr<Link>& link, std::initializer_list<std::string_view> arguments,
                        std::function<void(Reply)> check) {
    link->send(Arguments(arguments.begin(), arguments.size()), config_.connect_timeout,
               [this, check = std::move(check)](const Answer& answer) {
                   if (answer) return check(*answer);
                   // The link tells of its own end; what Redis refused, we end.
                   if (answer.error().kind != Failure::Kind::lost) link_->lose(answer.error().text);
               });
}

void Connection::become_ready() {
    timer_.stop();
    ready_ = true;
    named_elsewhere_ = 0;
    ready_since_ = std::chrono::steady_clock::now();
    ++connects_;
    watch_master();
    if (hooks_.on_ready) hooks_.on_ready();
}

void Connection::watch_master() {
    if (config_.sentinels.empty()) return;
    timer_.start(config_.master_check_interval, [this] { check_master(); });
}

void Connection::check_master() {
    timer_.start(config_.connect_timeout, [this] {
        finder_.stop();
        on_checked(base::Unexpected{std::string("no answer")});
    });
    finder_.find([this](const auto& found) { on_checked(found); });
}

/// One sentinel may not have heard of the master that we found: two have to name another server, or the only
/// one.
void Connection::on_checked(const base::Result<MasterFinder::Endpoint, std::string>& found) {
    const bool is_elsewhere = found && *found != master_;
    if (is_elsewhere && ++named_elsewhere_ >= std::min<std::size_t>(2, config_.sentinels.size()))
        return link_->lose("the sentinels name another server");
    if (found && !is_elsewhere) named_elsewhere_ = 0;
    if (!found || is_elsewhere) finder_.turn_to_next();
    if (is_elsewhere) return check_master();
    watch_master();
}

void Connection::lost(const std::string& reason) {
    last_error_ = reason;
    const bool was_ready = std::exchange(ready_, false);
    finder_.stop();
    if (!was_ready) finder_.turn_to_next();
    if (const auto link = std::exchange(link_, nullptr)) link->close();
    retry();
    if (was_ready && hooks_.on_lost) hooks_.on_lost(reason);
}

void Connection::retry() {
    timer_.start(config_.reconnect_delay, [this] { attempt(); });
}

}  // namespace sauda::bus::redis
