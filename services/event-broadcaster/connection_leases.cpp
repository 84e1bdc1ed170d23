#include "event-broadcaster/connection_leases.h"

#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "core/event_reader.h"

namespace sauda::event_broadcaster {

using order_entry::LeaseReply;

namespace {

constexpr std::int64_t renewals_per_span = 3;
/// What could not be sent is not tried again sooner.
constexpr std::int64_t retry_ns = 100'000'000;
/// Of what is sent again at once, so that orders find room among what waits for the engine.
constexpr std::size_t sent_again_max = 256;

bool is_there_no_more(const LeaseReply& reply) {
    return reply.kind == LeaseReply::Kind::applied || reply.kind == LeaseReply::Kind::refused;
}

}  // namespace

// --- What owners wish
// ------------------------------------------------------------------------------------------------------

void ConnectionLeases::set(std::uint64_t connection, const Wish& wish, order_entry::Done done) {
    if (wish.setting) return turn_on(connection, wish, std::move(done));
    turn_off(connection, std::move(done));
}

ConnectionLeases::Lease* ConnectionLeases::find(std::uint64_t connection, std::uint64_t version) {
    const auto found = held_.find(connection);
    return found == held_.end() || found->second.version != version ? nullptr : &found->second;
}

void ConnectionLeases::set_span(Lease& lease, core::DurationNs span) {
    if (const auto old = spans_.find(lease.span.raw); old != spans_.end()) spans_.erase(old);
    lease.span = span;
    spans_.insert(span.raw);
}

void ConnectionLeases::forget(std::uint64_t connection) {
    const auto found = held_.find(connection);
    spans_.erase(spans_.find(found->second.span.raw));
    held_.erase(found);
}

/// The connection is known from here on, so that its end while the grant is on its way ends the lease too.
void ConnectionLeases::turn_on(std::uint64_t connection, const Wish& wish, order_entry::Done done) {
    if (held_.empty()) renewed_ = now_();
    const bool was_on = held_.contains(connection);
    Lease& lease = held_[connection];
    const Lease before = lease;
    lease.account = wish.account;
    set_span(lease, *wish.setting);
    lease.is_asked = true;
    lease.is_turning_off = false;
    lease.version = ++versions_;
    const core::GrantLease grants{wish.account, lease_of(connection), *wish.setting};
    const auto answer = [this, connection, before, was_on, wish, version = lease.version,
                         done = std::move(done)](const LeaseReply& reply) {
        Lease* asked = find(connection, version);
        if (reply.kind == LeaseReply::Kind::not_sent && asked != nullptr && was_on) {
            set_span(*asked, before.span);
            *asked = before;
        } else {
            on_granted(connection, version, reply);
        }
        if (reply.kind != LeaseReply::Kind::applied) return done(order_entry::failure_of(reply));
        take_over(connection, wish, [this, connection, wish, reply, done](std::string_view took_over) {
            const std::string named =
                fmt::format(R"(,"lease":"{}"{})", order_entry::lease_text(lease_of(connection)), took_over);
            done(order_entry::switch_answer(wish.setting, reply, named));
        });
    };
    order_entry::send_lease_command(gateway_, grants, now_(), answer);
}

/// Only once the lease that stands in is there: at every moment one of them is.
void ConnectionLeases::take_over(std::uint64_t connection, const Wish& wish,
                                 std::function<void(std::string_view)> done) {
    if (!wish.taken_over || *wish.taken_over == lease_of(connection)) return done("");
    const core::EndLease ends{wish.account, *wish.taken_over, false};
    const auto answer = [this, ends, done = std::move(done)](const LeaseReply& reply) {
        const bool is_done = reply.kind == LeaseReply::Kind::applied;
        const bool is_held_here = is_done && ends.lease.holder == holder_;
        if (is_held_here && held_.contains(ends.lease.number)) forget(ends.lease.number);
        done(is_done ? R"(,"took_over":true)" : R"(,"took_over":false)");
    };
    order_entry::send_lease_command(gateway_, ends, now_(), answer);
}

/// Where nobody answered it may have been granted: it is held, so that it does not lapse, and granted again.
void ConnectionLeases::on_granted(std::uint64_t connection, std::uint64_t version, const LeaseReply& reply) {
    Lease* lease = find(connection, version);
    if (lease == nullptr) return;
    lease->is_asked = false;
    if (reply.kind == LeaseReply::Kind::applied) {
        lease->is_granted = true;
    } else if (reply.kind == LeaseReply::Kind::unknown || lease->is_granted) {
        has_lapsed_ = has_lapsed_ || !lease->is_granted;
    } else {
        forget(connection);
    }
}

/// Of a lease that lapsed while its connection lasted.
void ConnectionLeases::on_granted_again(std::uint64_t connection, std::uint64_t version,
                                        const LeaseReply& reply) {
    on_granted(connection, version, reply);
    if (reply.kind == LeaseReply::Kind::refused && on_lost_) on_lost_(connection);
}

void ConnectionLeases::turn_off(std::uint64_t connection, order_entry::Done done) {
    const auto found = held_.find(connection);
    if (found == held_.end()) return done(order_entry::switch_answer({}, {}));
    Lease& lease = found->second;
    const Lease before = lease;
    lease.is_turning_off = true;
    lease.version = ++versions_;
    const auto answer = [this, connection, before, version = lease.version,
                         done = std::move(done)](const LeaseReply& reply) {
        Lease* asked = find(connection, version);
        const bool is_off = is_there_no_more(reply);
        if (asked != nullptr && is_off) {
            forget(connection);
        } else if (asked != nullptr && reply.kind == LeaseReply::Kind::not_sent) {
            *asked = before;
        } else if (asked != nullptr) {
            // It may be off all the same. Its owner is told that nobody knows; it stays on.
            asked->is_turning_off = asked->is_asked = asked->is_granted = false;
            has_lapsed_ = true;
        }
        done(is_off ? order_entry::switch_answer({}, reply) : order_entry::failure_of(reply));
    };
    order_entry::send_lease_command(gateway_, core::EndLease{lease.account, lease_of(connection), false},
                                    now_(), answer);
}

// --- Ends of connections
// ------------------------------------------------------------------------------------------------------

void ConnectionLeases::close(std::uint64_t connection) {
    const auto found = held_.find(connection);
    if (found == held_.end()) return;
    const Lease lease = found->second;
    forget(connection);
    if (lease.is_turning_off) return;  // that is on its way
    end(connection, ending_[connection] = lease, now_());
}

void ConnectionLeases::close_all() {
    std::vector<std::uint64_t> connections;
    for (const auto& [connection, lease] : held_) connections.push_back(connection);
    for (const std::uint64_t connection : connections) close(connection);
}

/// A lease that may not be there is granted first: what it is ended for must happen.
void ConnectionLeases::end(std::uint64_t connection, Lease& lease, core::TimestampNs now) {
    lease.is_asked = true;
    const auto note = [this, connection, now](const LeaseReply& reply) {
        if (is_there_no_more(reply)) {
            ending_.erase(connection);
            return;
        }
        ending_.at(connection).is_asked = false;
        if (reply.kind == LeaseReply::Kind::not_sent) refused_ = now;
    };
    const core::EndLease ends{lease.account, lease_of(connection), true};
    if (lease.is_granted) return order_entry::send_lease_command(gateway_, ends, now, note);
    const core::GrantLease grants{lease.account, lease_of(connection), lease.span};
    order_entry::send_lease_commands(gateway_, grants, ends, now, note);
}

// --- Time
// ------------------------------------------------------------------------------------------------------

void ConnectionLeases::on_event_frame(const codec::EventFrameView& frame) {
    const auto note = core::Overloaded{[this](const core::LeaseEnded& event) {
                                           if (event.lease.holder != holder_) return;
                                           const auto found = held_.find(event.lease.number);
                                           if (found == held_.end()) return;
                                           found->second.is_granted = false;
                                           has_lapsed_ = true;
                                       },
                                       [](const auto&) {}};
    core::for_each_event(frame.events, note);
}

void ConnectionLeases::on_time() {
    const core::TimestampNs now = now_();
    if (now.raw < refused_.raw + retry_ns) return;
    send_again(now);
    const bool was_refused = refused_ == now;
    if (!was_refused) renew_if_due(now);
}

void ConnectionLeases::grant_again(std::uint64_t connection, Lease& lease, core::TimestampNs now) {
    lease.is_asked = true;
    order_entry::send_lease_command(
        gateway_, core::GrantLease{lease.account, lease_of(connection), lease.span}, now,
        [this, connection, version = lease.version, now](const LeaseReply& reply) {
            Lease* asked = find(connection, version);
            if (reply.kind == LeaseReply::Kind::not_sent) {
                refused_ = now;
                has_lapsed_ = true;
                if (asked != nullptr) asked->is_asked = false;
            } else {
                on_granted_again(connection, version, reply);
            }
        });
}

/// Ends before grants: they are what may not wait.
void ConnectionLeases::send_again(core::TimestampNs now) {
    std::vector<std::uint64_t> waiting;
    for (const auto& [connection, lease] : ending_) {
        if (!lease.is_asked && waiting.size() < sent_again_max) waiting.push_back(connection);
    }
    for (const std::uint64_t connection : waiting) {
        end(connection, ending_.at(connection), now);
        if (refused_ == now) return;
    }
    if (!has_lapsed_) return;
    waiting.clear();
    for (const auto& [connection, lease] : held_) {
        if (!lease.is_granted && !lease.is_asked && waiting.size() < sent_again_max)
            waiting.push_back(connection);
    }
    has_lapsed_ = waiting.size() == sent_again_max;
    for (const std::uint64_t connection : waiting) {
        grant_again(connection, held_.at(connection), now);
        if (refused_ == now) return;
    }
}

void ConnectionLeases::renew_if_due(core::TimestampNs now) {
    if (held_.empty() || now.raw < renewed_.raw + *spans_.begin() / renewals_per_span) return;
    const core::TimestampNs before = std::exchange(renewed_, now);
    order_entry::send_lease_command(gateway_, core::RenewLeases{holder_}, now,
                                    [this, before, now](const LeaseReply& reply) {
                                        if (reply.kind != LeaseReply::Kind::not_sent) return;
                                        renewed_ = before;
                                        refused_ = now;
                                    });
}

}  // namespace sauda::event_broadcaster
