/// One scenario being played: an exchange, and the names that the text gives to accounts and orders.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/event_buffer.h"
#include "core/exchange.h"
#include "words.h"

namespace sauda::scenarios {

/// How a line's command reaches the exchange.
struct Sent {
    core::Command command;
    std::string label;  ///< names the order that the command opens; empty: it opens none
    bool by_sequencer = false;
};

class World {
public:
    /// With `restarts`, the exchange is taken down to its state and built anew after every line, which must
    /// make no difference.
    explicit World(bool restarts) : restarts_(restarts) {}

    /// Plays one line. Empty when all went as the line says; otherwise what did not, in words.
    std::string play(std::string_view line);

    const std::set<core::RejectReason>& refusals() const { return refusals_; }

    // --- For the commands and expectations, which are in files of their own ---
    core::Exchange exchange;

    /// The account of `name`, opened at its first mention; `fees` and `external` are the exchange's own.
    core::AccountId account(const std::string& name);
    std::string account_name(core::AccountId id) const;
    core::OrderId order(Words& words, const std::string& label) const;
    std::string label(core::OrderId id) const;
    /// The asset of that name. Notes a failure where there is none.
    core::Asset asset(Words& words, const std::string& name) const;
    /// The market of that name, which is then the one meant where a line names none.
    core::Market market(Words& words, const std::string& name);
    core::Market last_market(Words& words) const;

    /// What passes for the time of the next command.
    core::TimestampNs next_time() const { return {stamp_.time.raw + 1}; }
    void wait(std::int64_t nanoseconds) { stamp_.time.raw += nanoseconds; }

    /// The commands that were sent under a label, and the last of all, to be sent again.
    std::optional<Sent> sent_before(const std::string& label) const;

private:
    std::string play_command(const std::string& verb, Words& words, std::string_view expected);
    std::string send(const Sent& sent, bool redelivered, std::string_view expected);
    core::EventBuffer apply(const core::Command& command);
    void note(const Sent& sent, const core::EventBuffer& events);
    std::string check();

    bool restarts_;
    core::Stamp stamp_{{0}, {1'700'000'000'000'000'000}};
    std::uint64_t gateway_sequence_ = 0;
    std::map<std::string, core::AccountId> accounts_;
    std::map<std::string, core::OrderId> orders_;
    std::map<std::string, Sent> sent_;
    std::string last_market_;
    std::set<core::RejectReason> refusals_;
};

/// What a line asks for, or nothing where its verb is none of a trader's, or none of an operator's. (Several
/// for `default markets`.) Reading failures are noted in `words`.
std::optional<Sent> trader_command(World& world, const std::string& verb, Words& words);
std::optional<std::vector<Sent>> operator_commands(World& world, const std::string& verb, Words& words);
std::optional<std::vector<Sent>> lease_commands(World& world, const std::string& verb, Words& words);

/// For `balance`, `book` and `open`: empty where the exchange is as the line says, otherwise how it is. No
/// value for other verbs.
std::optional<std::string> expectation(World& world, const std::string& verb, Words& words);

}  // namespace sauda::scenarios
