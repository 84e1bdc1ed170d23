#include "redis_streams/master_finder.h"

#include <array>
#include <utility>

#include <boost/asio/ip/address.hpp>

namespace sauda::bus::redis {

MasterFinder::MasterFinder(boost::asio::io_context& io, const RedisConfig& config)
    : io_(io), config_(config), resolver_(io) {}

MasterFinder::~MasterFinder() {
    stop();
}

void MasterFinder::find(Done done) {
    stop();
    done_ = std::move(done);
    if (config_.sentinels.empty())
        return resolve(config_.server, [this](const Endpoint& found) { finish(found); });
    resolve(sentinel(), [this](const Endpoint& found) { ask(found); });
}

void MasterFinder::stop() {
    ++turn_;
    resolver_.cancel();
    done_ = {};
    if (const auto link = std::exchange(link_, nullptr)) link->close();
}

const Address& MasterFinder::sentinel() const {
    return config_.sentinels[asked_ % config_.sentinels.size()];
}

void MasterFinder::resolve(const Address& address, std::function<void(const Endpoint&)> then) {
    boost::system::error_code is_name;
    const auto numeric = boost::asio::ip::make_address(address.host, is_name);
    if (!is_name) return then({numeric, address.port});
    resolver_.async_resolve(address.host, std::to_string(address.port),
                            lifetime_.guard([this, turn = turn_, host = address.host, then = std::move(then)](
                                                const boost::system::error_code& error,
                                                const boost::asio::ip::tcp::resolver::results_type& found) {
                                if (turn != turn_) return;
                                if (error || found.empty())
                                    return fail("cannot resolve " + host + ": " + error.message());
                                then(found.begin()->endpoint());
                            }));
}

void MasterFinder::ask(const Endpoint& sentinel) {
    LinkHooks hooks;
    hooks.on_lost = [this](const std::string& reason) { fail(reason); };
    hooks.on_open = [this] {
        const Milliseconds patience = config_.connect_timeout;
        if (!config_.sentinel_password.empty()) {
            const std::array<std::string_view, 2> auth{"AUTH", config_.sentinel_password};
            link_->send(auth, patience, [this](const Answer& answer) {
                if (!answer) fail(answer.error().text);
            });
        }
        const std::array<std::string_view, 3> question{"SENTINEL", "get-master-addr-by-name",
                                                       config_.master_name};
        if (link_) link_->send(question, patience, [this](const Answer& answer) { take(answer); });
    };
    link_ = Link::make(io_, config_.connect_timeout, std::move(hooks));
    link_->connect(sentinel);
}

void MasterFinder::take(const Answer& answer) {
    if (!done_) return;
    if (!answer) return fail(answer.error().text);
    if (answer->size() != 2) return fail("does not know a master called " + config_.master_name);
    const auto port = parse_number((*answer)[1].text());
    if (!port || *port > UINT16_MAX) return fail("names no port");
    const Address master{std::string((*answer)[0].text()), static_cast<std::uint16_t>(*port)};
    if (const auto link = std::exchange(link_, nullptr)) link->close();
    resolve(master, [this](const Endpoint& found) { finish(found); });
}

void MasterFinder::finish(const base::Result<Endpoint, std::string>& result) {
    const Done done = std::exchange(done_, {});
    if (done) done(result);
}

void MasterFinder::fail(const std::string& reason) {
    const Done done = std::exchange(done_, {});
    const std::string whole =
        config_.sentinels.empty() ? reason : "sentinel " + sentinel().text() + ": " + reason;
    if (const auto link = std::exchange(link_, nullptr)) link->close();
    if (done) done(base::Unexpected{whole});
}

}  // namespace sauda::bus::redis
