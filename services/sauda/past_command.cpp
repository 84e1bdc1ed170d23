// `sauda journal at` and `sauda journal explain`: the past, read beside a running exchange.
#include <cstdio>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "core/types/order_shard.h"
#include "journal/posix_file_system.h"
#include "past/command_source.h"
#include "past/moment.h"
#include "past/story.h"
#include "sauda/commands.h"
#include "sauda/version.h"
#include "sequencer/replay_begin.h"

namespace sauda {

namespace {

struct PastWords {
    std::string data_dir = "data";
    std::uint64_t number = 0;  // a sequence, or an order id
    bool is_json = false;
    past::MomentView view;
};

int fail(const std::string& sentence) {
    std::fprintf(stderr, "sauda journal: %s\n", sentence.c_str());
    return 1;
}

int at(const PastWords& words) {
    journal::PosixFileSystem disk;
    const auto exchange = past::exchange_at(disk, words.data_dir, rules_version, {words.number});
    if (!exchange) return fail(exchange.error().message());
    if (!words.view.market.empty() && exchange->find_market(words.view.market) == nullptr)
        return fail("there was no market " + words.view.market + " at this sequence");
    const std::string text = words.is_json ? past::moment_json(*exchange, words.view) + "\n"
                                           : past::moment_text(*exchange, words.view);
    std::fputs(text.c_str(), stdout);
    return 0;
}

/// From the newest snapshot that is older than the order, or from the oldest that can be replayed.
sequencer::JournalResult<past::StoryTeller> begin_story(journal::FileSystem& disk, const PastWords& words) {
    const std::uint64_t count = core::count_of({words.number});
    auto before = past::exchange_before(disk, words.data_dir, [count](const core::Exchange& exchange) {
        return exchange.state().last_order_count < count;
    });
    if (!before) return journal::failure_of(before);
    const std::string journal = journal::join(words.data_dir, "journal");
    const auto first = sequencer::first_of_rules(disk, journal, rules_version);
    if (!first) return journal::failure_of(first);
    const bool can_go_on = *first && before->last().sequence.raw + 1 >= (*first)->raw;
    if (can_go_on) return past::StoryTeller(std::move(*before), {words.number});
    // It may have come under rules that are not replayed: from where it stood when they ended.
    auto begin = sequencer::replay_begin(disk, words.data_dir, rules_version, 0);
    if (!begin) return journal::failure_of(begin);
    return past::StoryTeller(std::move(begin->exchange), {words.number});
}

int explain(const PastWords& words) {
    journal::PosixFileSystem disk;
    auto teller = begin_story(disk, words);
    if (!teller) return fail(teller.error().message());
    const core::Sequence began_at = teller->last().sequence;
    const core::OrderId before = teller->newest_order();
    auto commands =
        past::CommandSource::open(disk, journal::join(words.data_dir, "journal"), rules_version, began_at);
    if (!commands) return fail(commands.error().message());
    for (;;) {
        const auto next = commands->next();
        if (!next) return fail(next.error().message());
        if (!*next) break;
        teller->apply((*next)->command, (*next)->stamp);
    }
    const past::Story story = teller->end();
    if (story.empty() && words.number <= before.raw) {
        return fail(fmt::format(
            "order {} was closed by sequence {} or earlier, and what came before cannot be replayed here: it "
            "was "
            "written under other rules, or archived; GET /api/v1/orders/{}/events tells its owner",
            words.number, began_at.raw, words.number));
    }
    if (story.empty()) {
        return fail("order " + std::to_string(words.number) + " was never accepted here; the newest is " +
                    std::to_string(teller->newest_order().raw));
    }
    const std::string text = words.is_json ? past::story_json({words.number}, story) + "\n"
                                           : past::story_text({words.number}, story);
    std::fputs(text.c_str(), stdout);
    return 0;
}

CLI::App* add(CLI::App& journal, const char* name, const char* help, PastWords& words) {
    CLI::App* command = journal.add_subcommand(name, help);
    command->add_option("--data-dir", words.data_dir, "data directory")
        ->capture_default_str()
        ->check(CLI::ExistingDirectory);
    command->add_flag("--json", words.is_json, "one JSON object, for programs");
    return command;
}

}  // namespace

void add_past_commands(CLI::App& journal, Action& chosen) {
    const auto moment = std::make_shared<PastWords>();
    CLI::App* at_command =
        add(journal, "at", "Print books and balances as they were after a sequence", *moment);
    at_command->add_option("SEQ", moment->number, "the last command that counts")->required();
    at_command->add_option("--market", moment->view.market, "only this market's book");
    at_command->add_option("--account", moment->view.account.raw,
                           "only this account's balances, and its orders");
    at_command->add_option("--levels", moment->view.levels, "levels of each side")->capture_default_str();
    at_command->callback([&chosen, moment] { chosen = [moment] { return at(*moment); }; });

    const auto order = std::make_shared<PastWords>();
    CLI::App* explain_command = add(
        journal, "explain", "Tell an order's whole story: what it met, why it did or did not fill", *order);
    explain_command->add_option("ORDER_ID", order->number, "as reports name it")->required();
    explain_command->callback([&chosen, order] { chosen = [order] { return explain(*order); }; });
}

}  // namespace sauda
