#include "bench/bare_costs.h"

#include <algorithm>
#include <arpa/inet.h>
#include <cerrno>
#include <cstring>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

#include "bench/schedule.h"
#include "journal/posix_file_system.h"

namespace sauda::bench {

namespace {

using Failure = base::Unexpected<std::string>;

constexpr std::uint64_t file_size = 4u << 20;
constexpr std::size_t write_size = 4096;

bool send_all(int socket, std::size_t size) {
    const std::string bytes(size, 'x');
    for (std::size_t done = 0; done < size;) {
        const ssize_t sent = send(socket, bytes.data() + done, size - done, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent <= 0) return false;
        done += static_cast<std::size_t>(sent);
    }
    return true;
}

bool receive_all(int socket, std::size_t size) {
    char bytes[4096];
    for (std::size_t done = 0; done < size;) {
        const ssize_t got = recv(socket, bytes, std::min(sizeof bytes, size - done), 0);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return false;
        done += static_cast<std::size_t>(got);
    }
    return true;
}

/// A socket that closes itself unless it was taken.
class Socket {
public:
    explicit Socket(int number) : number_(number) {}
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;
    ~Socket() {
        if (number_ >= 0) close(number_);
    }
    int number() const { return number_; }
    int take() { return std::exchange(number_, -1); }

private:
    int number_;
};

void send_at_once(int socket) {
    const int on = 1;
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

}  // namespace

base::Result<std::unique_ptr<Loopback>, std::string> Loopback::connect() {
    const auto failed = [] {
        return Failure{std::string("no loopback connection: ") + std::strerror(errno)};
    };
    const Socket listener(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    Socket near(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    if (bind(listener.number(), generic, size) != 0) return failed();
    if (listen(listener.number(), 1) != 0) return failed();
    if (getsockname(listener.number(), generic, &size) != 0) return failed();
    if (::connect(near.number(), generic, size) != 0) return failed();
    Socket far(accept4(listener.number(), nullptr, nullptr, SOCK_CLOEXEC));
    if (far.number() < 0) return failed();
    send_at_once(near.number());
    send_at_once(far.number());
    return std::unique_ptr<Loopback>(new Loopback(near.take(), far.take()));
}

Loopback::Loopback(int near, int far)
    : near_(near), far_(far), thread_([this] {
          while (receive_all(far_, request_size) && send_all(far_, reply_size)) {
          }
      }) {}

Loopback::~Loopback() {
    shutdown(near_, SHUT_RDWR);
    thread_.join();
    close(near_);
    close(far_);
}

bool Loopback::round_trip() {
    return send_all(near_, request_size) && receive_all(near_, reply_size);
}

base::Result<std::unique_ptr<BareCosts>, std::string> BareCosts::prepare(const std::string& data_dir) {
    auto directory = TemporaryDirectory::make(data_dir);
    if (!directory) return Failure{directory.error()};
    journal::PosixFileSystem disk;
    auto file = disk.open(directory->path() + "/bare", journal::OpenMode::create);
    if (!file) return Failure{file.error().message()};
    if (const auto done = (*file)->write(0, base::Bytes(file_size)); !done)
        return Failure{done.error().message()};
    if (const auto done = (*file)->sync(); !done) return Failure{done.error().message()};
    auto loopback = Loopback::connect();
    if (!loopback) return Failure{loopback.error()};
    return std::unique_ptr<BareCosts>(
        new BareCosts(std::move(*directory), std::move(*file), std::move(*loopback)));
}

std::string BareCosts::measure() {
    const std::int64_t started = now_ns();
    if (!loopback_->round_trip()) return "the loopback connection broke";
    const std::int64_t answered = now_ns();
    const base::Bytes bytes(write_size, std::byte{7});
    const auto written = file_->write(offset_, bytes);
    const auto synced = written ? file_->sync() : written;
    if (!synced) return synced.error().message();
    round_trips_ns_.push_back(answered - started);
    syncs_ns_.push_back(now_ns() - answered);
    offset_ = (offset_ + write_size) % file_size;
    return {};
}

}  // namespace sauda::bench
