/// Connections whose owners want their orders cancelled when they end, and the leases in the engine that see
/// to it: at once when an end is noticed here, and by themselves when this process is no more there to
/// notice.
///
/// One command renews the leases of all connections, three times within the shortest of their spans. It waits
/// for ends that are not on their way yet: a connection that has ended is never renewed. Where the engine let
/// leases lapse because it heard nothing for so long, those of connections that are still there are granted
/// anew.
///
/// Threads: the network thread.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "codec/event_frame.h"
#include "core/types/ids.h"
#include "core/types/timestamp.h"
#include "gateway/gateway.h"
#include "order_entry/cancel_switch.h"

namespace sauda::event_broadcaster {

class ConnectionLeases {
public:
    /// Told of a connection whose lease lapsed and was then refused: its switch is off.
    using OnLost = std::function<void(std::uint64_t connection)>;

    /// `holder` is this run of this process, and not zero. `gateway` outlives it, and has completed its
    /// requests by the time that it goes.
    ConnectionLeases(gateway::Gateway& gateway, std::uint64_t holder, std::function<core::TimestampNs()> now,
                     OnLost on_lost)
        : gateway_(gateway), holder_(holder), now_(std::move(now)), on_lost_(std::move(on_lost)) {}

    /// What the owner of a connection wants.
    struct Wish {
        core::AccountId account;
        order_entry::SwitchSetting setting;
        /// The lease of another connection of the account that ends without cancelling anything: this one
        /// stands in for it.
        std::optional<core::LeaseId> taken_over;
    };
    /// Turns the switch of a connection on, off, or to another time, and answers.
    void set(std::uint64_t connection, const Wish& wish, order_entry::Done done);
    /// The connection has ended.
    void close(std::uint64_t connection);
    /// This process ends, and all its connections with it.
    void close_all();

    /// Takes note of leases that lapsed. For every frame that the engine released by itself, in order.
    void on_event_frame(const codec::EventFrameView& frame);
    /// Renews, and sends again what could not be sent. Call every 10 to 100 ms.
    void on_time();

    /// Connections whose switch is on.
    std::size_t count() const { return held_.size(); }
    /// Connections that have ended, and whose leases the engine has not confirmed as ended.
    std::size_t ending_count() const { return ending_.size(); }

private:
    /// The lease of a connection, which may be there no more.
    struct Lease {
        core::AccountId account;
        core::DurationNs span;
        bool is_granted = false;      ///< as far as is known
        bool is_asked = false;        ///< the engine has been asked, and has not answered
        bool is_turning_off = false;  ///< its owner wants it no more
        std::uint64_t version = 0;    ///< rises with each wish of its owner: answers to older ones are void
    };
    using Leases = std::unordered_map<std::uint64_t, Lease>;  // by connection

    void turn_on(std::uint64_t connection, const Wish& wish, order_entry::Done done);
    void take_over(std::uint64_t connection, const Wish& wish, std::function<void(std::string_view)> done);
    void turn_off(std::uint64_t connection, order_entry::Done done);
    void on_granted(std::uint64_t connection, std::uint64_t version, const order_entry::LeaseReply& reply);
    void on_granted_again(std::uint64_t connection, std::uint64_t version,
                          const order_entry::LeaseReply& reply);
    void set_span(Lease& lease, core::DurationNs span);
    void forget(std::uint64_t connection);
    Lease* find(std::uint64_t connection, std::uint64_t version);

    void grant_again(std::uint64_t connection, Lease& lease, core::TimestampNs now);
    void end(std::uint64_t connection, Lease& lease, core::TimestampNs now);
    void send_again(core::TimestampNs now);
    void renew_if_due(core::TimestampNs now);
    core::LeaseId lease_of(std::uint64_t connection) const { return {holder_, connection}; }

    gateway::Gateway& gateway_;
    const std::uint64_t holder_;
    const std::function<core::TimestampNs()> now_;
    const OnLost on_lost_;
    Leases held_;
    Leases ending_;
    std::multiset<std::int64_t> spans_;  ///< of those held
    bool has_lapsed_ = false;            ///< one of those held may be neither granted nor asked for
    std::uint64_t versions_ = 0;
    core::TimestampNs renewed_;  ///< when a renewal last went on its way
    core::TimestampNs refused_;  ///< when something could last not be sent
};

}  // namespace sauda::event_broadcaster
