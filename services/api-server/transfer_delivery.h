/// Transfers between shards on their way: credited where they go, then confirmed where they came from. Every
/// step may be repeated, by anybody: a transfer that was sent arrives once, whoever dies on the way.
///
/// Threads: the network thread.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>

#include <boost/asio/awaitable.hpp>

#include "api-server/context.h"
#include "views/pending_transfers.h"

namespace sauda::api_server {

/// Where a transfer is.
enum class Delivery : std::uint8_t {
    arrived,  ///< it is credited, and the shard that sent it knows
    pending,  ///< it was sent, and will be tried again
};

/// Takes a transfer that `from` has sent to its end, as far as both shards answer. `problem` then tells why
/// it is pending, in a sentence.
boost::asio::awaitable<Delivery> deliver(const Context& from, views::PendingTransfer transfer,
                                         std::string& problem);

/// Delivers what was left pending, by a server that died or because a shard was away. One process does this
/// at a time; two that do would do no harm.
class TransferCourier {
public:
    /// `shards` outlive it.
    explicit TransferCourier(std::span<const Context> shards) : shards_(shards) {}

    /// Tries what has been pending for a second. Call every second or so; a round that takes longer is
    /// awaited.
    boost::asio::awaitable<void> round();

private:
    boost::asio::awaitable<void> round_of(const Context& from);

    std::span<const Context> shards_;
    std::map<std::string, std::string> told_;  ///< by shard and reference: why it is pending, as logged
};

}  // namespace sauda::api_server
