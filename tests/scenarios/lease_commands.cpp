/// Leases: a server's on behalf of connections, and countdowns of accounts' owners.
#include "world.h"

namespace sauda::scenarios {

using namespace core;

namespace {

constexpr std::uint64_t server = 0x5E5;

/// A connection by its name, `c1`, `c2`: its lease is the server's of that number.
LeaseId connection(Words& words) {
    const std::string number = words.take_prefixed("c");
    Words digits(number);
    const LeaseId lease{server, static_cast<std::uint64_t>(digits.decimal("a number", 0))};
    if (number.empty() || !digits.ok()) words.fail("a connection is c1, c2, ...");
    return lease;
}

/// `on-disconnect c1 alice 10s`, `on-disconnect c1 to c64 alice 10s`
std::vector<CommandBody> on_disconnect(World& world, Words& words) {
    const LeaseId first = connection(words);
    const LeaseId last = words.take("to") ? connection(words) : first;
    const AccountId account = world.account(words.next("an account"));
    const DurationNs span{words.duration("a span of time")};
    std::vector<CommandBody> grants;
    for (LeaseId lease = first; lease <= last; ++lease.number)
        grants.emplace_back(GrantLease{account, lease, span});
    return grants;
}

/// `disconnect c1 alice`, `stay c1 alice`
CommandBody end(World& world, Words& words, bool cancels) {
    const LeaseId lease = connection(words);
    return EndLease{world.account(words.next("an account")), lease, cancels};
}

/// `cancel-after alice 10s`, `cancel-after alice never`
CommandBody cancel_after(World& world, Words& words) {
    const AccountId account = world.account(words.next("an account"));
    if (words.take("never")) return EndLease{account, {}, false};
    return GrantLease{account, {}, {words.duration("a span of time")}};
}

/// `leases-lapse 3 then 10s`: until three events have come of it, the rest ten seconds later
CommandBody lapse(Words& words) {
    LapseLeases lapse{static_cast<std::uint32_t>(words.decimal("a number of events", 0)), {}};
    words.expect("then");
    lapse.pause = {words.duration("a span of time")};
    return lapse;
}

std::vector<Sent> sent(std::vector<CommandBody> bodies, bool by_sequencer = false) {
    std::vector<Sent> commands;
    for (CommandBody& body : bodies) commands.push_back({{{}, {}, std::move(body)}, {}, by_sequencer});
    return commands;
}

}  // namespace

std::optional<std::vector<Sent>> lease_commands(World& world, const std::string& verb, Words& words) {
    if (verb == "on-disconnect") return sent(on_disconnect(world, words));
    if (verb == "disconnect") return sent({end(world, words, true)});
    if (verb == "stay") return sent({end(world, words, false)});
    if (verb == "cancel-after") return sent({cancel_after(world, words)});
    if (verb == "server-is-there") return sent({RenewLeases{server}});
    if (verb == "engine-restarts") return sent({RestartLeases{}}, true);
    if (verb == "leases-lapse") return sent({lapse(words)}, true);
    if (verb == "nothing-comes") return sent({AdvanceTime{}}, true);
    return {};
}

}  // namespace sauda::scenarios
