#include "net/testing/raw_client.h"

#include <arpa/inet.h>
#include <array>
#include <cstdlib>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

#include "base/assert.h"

namespace sauda::net::testing {
namespace {

constexpr std::size_t npos = std::string::npos;

/// The Content-Length in `head`, or 0.
std::size_t content_length(const std::string& head) {
    const std::size_t at = head.find("Content-Length: ");
    return at == npos ? 0 : static_cast<std::size_t>(std::strtoull(head.c_str() + at + 16, nullptr, 10));
}

}  // namespace

RawClient::RawClient(std::uint16_t port, int receive_buffer) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    ASSERT(fd_ >= 0);
    if (receive_buffer > 0) ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    const timeval timeout{10, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
    const int no_delay = 1;
    ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &no_delay, sizeof no_delay);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int connected = ::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address);
    ASSERT(connected == 0);
}

RawClient::RawClient(RawClient&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), buffer_(std::move(other.buffer_)) {}

RawClient::~RawClient() {
    if (fd_ >= 0) ::close(fd_);
}

bool RawClient::send(std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

bool RawClient::get(std::string_view target) {
    return send("GET " + std::string(target) + " HTTP/1.1\r\nHost: test\r\n\r\n");
}

/// Reads once. False when the peer has ended, or after ten seconds of nothing (errno is then EAGAIN).
bool RawClient::fill() {
    std::array<char, 65'536> chunk;
    const ssize_t count = ::recv(fd_, chunk.data(), chunk.size(), 0);
    if (count > 0) buffer_.append(chunk.data(), static_cast<std::size_t>(count));
    if (count == 0) errno = 0;
    return count > 0;
}

std::string RawClient::read_response() {
    std::size_t end = npos;
    while ((end = buffer_.find("\r\n\r\n")) == npos) {
        if (!fill()) return std::exchange(buffer_, {});
    }
    const std::size_t size = end + 4 + content_length(buffer_.substr(0, end));
    while (buffer_.size() < size) {
        if (!fill()) return std::exchange(buffer_, {});
    }
    std::string response = buffer_.substr(0, size);
    buffer_.erase(0, size);
    return response;
}

std::optional<std::string> RawClient::read_to_end() {
    while (fill()) {
    }
    if (errno == EAGAIN) return std::nullopt;
    return std::exchange(buffer_, {});
}

bool RawClient::upgrade(std::string_view target) {
    send("GET " + std::string(target) +
         " HTTP/1.1\r\nHost: test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: "
         "13\r\n"
         "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
    const std::string response = read_response();
    // The accept value of the RFC's own example (1.3).
    return response.starts_with("HTTP/1.1 101 ") && response.find("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=") != npos;
}

std::optional<RawFrame> RawClient::read_frame() {
    const auto have = [this](std::size_t size) {
        while (buffer_.size() < size) {
            if (!fill()) return false;
        }
        return true;
    };
    const auto byte = [this](std::size_t at) {
        return static_cast<unsigned>(static_cast<unsigned char>(buffer_[at]));
    };
    if (!have(2)) return std::nullopt;
    std::size_t header = 2;
    std::size_t size = byte(1);
    const std::size_t extended = size == 126 ? 2 : size == 127 ? 8 : 0;
    if (!have(header + extended)) return std::nullopt;
    if (extended > 0) size = 0;
    for (std::size_t i = 0; i < extended; ++i) size = size << 8 | byte(header + i);
    header += extended;
    if (!have(header + size)) return std::nullopt;
    RawFrame frame{byte(0), buffer_.substr(header, size)};
    buffer_.erase(0, header + size);
    return frame;
}

void RawClient::shutdown_send() {
    ::shutdown(fd_, SHUT_WR);
}

void RawClient::reset() {
    const linger immediately{1, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &immediately, sizeof immediately);
    ::close(std::exchange(fd_, -1));
}

std::string masked_frame(unsigned first, std::string_view payload) {
    std::string frame{static_cast<char>(first)};
    if (payload.size() < 126) {
        frame += static_cast<char>(0x80u | payload.size());
    } else if (payload.size() <= 0xFFFF) {
        frame += static_cast<char>(0x80u | 126u);
        frame += static_cast<char>(payload.size() >> 8);
        frame += static_cast<char>(payload.size());
    } else {
        frame += static_cast<char>(0x80u | 127u);
        for (int shift = 56; shift >= 0; shift -= 8) frame += static_cast<char>(payload.size() >> shift);
    }
    constexpr std::array<unsigned char, 4> mask = {0x12, 0x34, 0x56, 0x78};
    for (const unsigned char part : mask) frame += static_cast<char>(part);
    for (std::size_t i = 0; i < payload.size(); ++i) {
        frame += static_cast<char>(static_cast<unsigned char>(payload[i]) ^ mask[i % 4]);
    }
    return frame;
}

}  // namespace sauda::net::testing
