// `sauda admin`: operators' commands to a running exchange, found through its data directory or by URL.
#include <cstdio>
#include <functional>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "codec/json_value.h"
#include "identity/random_id.h"
#include "sauda/admin_client.h"
#include "sauda/admin_reading.h"
#include "sauda/commands.h"

namespace sauda {

namespace {

std::string quoted(const std::string& text) {
    std::string out;
    codec::append_json_string(out, text);
    return out;
}

int send(const Target& target, const std::string& path, const std::string& body) {
    const std::string query = target.shard.empty() ? std::string() : "?shard=" + target.shard;
    const auto answer = ask_exchange(target, path + query, body);
    if (!answer) {
        std::fprintf(stderr, "sauda admin: %s\n", answer.error().c_str());
        return 1;
    }
    std::FILE* out = answer->status < 400 ? stdout : stderr;
    std::fprintf(out, "%s\n", answer->body.c_str());
    return answer->status < 400 ? 0 : 1;
}

/// One subcommand: its words, and the path and body that they make.
struct Verb {
    const char* name;
    const char* help;
    std::vector<std::pair<const char*, const char*>> words;
    const char* path;
    std::function<std::string(const std::vector<std::string>&)> body;
};

std::string transfer_body(const std::vector<std::string>& words) {
    const std::string reference = words[3].empty() ? "cli-" + identity::random_token(16) : words[3];
    return fmt::format(R"({{"email":{},"asset":{},"amount":{},"reference":{}}})", quoted(words[0]),
                       quoted(words[1]), quoted(words[2]), quoted(reference));
}

std::string state_body(const std::vector<std::string>& words, const char* state) {
    return fmt::format(R"({{"market":{},"state":"{}"}})", quoted(words[0]), state);
}

std::vector<Verb> verbs() {
    const std::vector<std::pair<const char*, const char*>> transfer{
        {"EMAIL", "whose account"},
        {"ASSET", "e.g. INR"},
        {"AMOUNT", "decimal, above zero"},
        {"--reference", "names the transfer: the same one never counts twice; made up when not given"}};
    const std::vector<std::pair<const char*, const char*>> market{{"MARKET", "e.g. TATA_INR"}};
    const std::vector<std::pair<const char*, const char*>> email{{"EMAIL", "whose account"}};
    const std::vector<std::pair<const char*, const char*>> user{{"EMAIL", "a registered user"}};
    return {
        {"deposit", "Credit an account", transfer, "deposit", transfer_body},
        {"withdraw", "Debit an account's available balance", transfer, "withdraw", transfer_body},
        {"list-asset",
         "List a new asset",
         {{"ASSET", "name"}, {"SCALE", "decimals, 0 to 12"}},
         "assets",
         [](const auto& w) {
             return fmt::format(R"({{"asset":{},"scale":{}}})", quoted(w[0]), quoted(w[1]));
         }},
        {"list-market",
         "List a new market",
         {{"MARKET", "name, e.g. ABC_INR"},
          {"BASE", "asset traded"},
          {"QUOTE", "asset it is priced in"},
          {"TICK", "smallest price step"},
          {"LOT", "smallest quantity step"},
          {"--min-notional", "least price × quantity (default 0)"},
          {"--maker-fee", "percent, negative: a rebate (default 0)"},
          {"--taker-fee", "percent (default 0)"},
          {"--fee-asset", "quote or received (default quote)"}},
         "markets",
         [](const auto& w) {
             const auto or_else = [](const std::string& given, const char* other) {
                 return given.empty() ? std::string(other) : given;
             };
             return fmt::format(
                 R"({{"market":{},"base":{},"quote":{},"tick":{},"lot":{},"min_notional":{},"maker_fee_percent":{},"taker_fee_percent":{},"fee_asset":{}}})",
                 quoted(w[0]), quoted(w[1]), quoted(w[2]), quoted(w[3]), quoted(w[4]),
                 quoted(or_else(w[5], "0")), quoted(or_else(w[6], "0")), quoted(or_else(w[7], "0")),
                 quoted(or_else(w[8], "quote")));
         }},
        {"halt", "Halt a market: nothing is placed, open orders can be cancelled", market, "markets/state",
         [](const auto& w) { return state_body(w, "halted"); }},
        {"cancel-only", "Let a market's orders be cancelled only", market, "markets/state",
         [](const auto& w) { return state_body(w, "cancel_only"); }},
        {"resume", "Let a market trade again", market, "markets/state",
         [](const auto& w) { return state_body(w, "trading"); }},
        {"halt-asset",
         "Stop deposits and withdrawals of an asset",
         {{"ASSET", "name"}},
         "assets/state",
         [](const auto& w) { return fmt::format(R"({{"asset":{},"halted":true}})", quoted(w[0])); }},
        {"resume-asset",
         "Allow deposits and withdrawals of an asset again",
         {{"ASSET", "name"}},
         "assets/state",
         [](const auto& w) { return fmt::format(R"({{"asset":{},"halted":false}})", quoted(w[0])); }},
        {"set-fees",
         "Set the fees of orders accepted from now on",
         {{"MARKET", "e.g. TATA_INR"}, {"MAKER", "percent, negative: a rebate"}, {"TAKER", "percent"}},
         "fees",
         [](const auto& w) {
             return fmt::format(R"({{"market":{},"maker_fee_percent":{},"taker_fee_percent":{}}})",
                                quoted(w[0]), quoted(w[1]), quoted(w[2]));
         }},
        {"freeze", "Freeze an account: it may cancel, nothing else", email, "accounts/state",
         [](const auto& w) { return fmt::format(R"({{"email":{},"frozen":true}})", quoted(w[0])); }},
        {"unfreeze", "Let a frozen account trade again", email, "accounts/state",
         [](const auto& w) { return fmt::format(R"({{"email":{},"frozen":false}})", quoted(w[0])); }},
        {"grant-operator", "Let a user operate the exchange with his own login", user, "operators",
         [](const auto& w) { return fmt::format(R"({{"email":{},"operator":true}})", quoted(w[0])); }},
        {"revoke-operator", "Take that from him again", user, "operators",
         [](const auto& w) { return fmt::format(R"({{"email":{},"operator":false}})", quoted(w[0])); }},
    };
}

void add_verb(CLI::App& admin, const Verb& verb, const std::shared_ptr<Target>& target, Action& chosen) {
    CLI::App* command = admin.add_subcommand(verb.name, verb.help);
    const auto words = std::make_shared<std::vector<std::string>>(verb.words.size());
    for (std::size_t i = 0; i < verb.words.size(); ++i) {
        const bool is_option = verb.words[i].first[0] == '-';
        CLI::Option* option = command->add_option(verb.words[i].first, (*words)[i], verb.words[i].second);
        if (!is_option) option->required();
    }
    // Negative numbers (a rebate) are words here, not flags.
    command->allow_extras(false);
    command->callback([&chosen, target, words, verb] {
        chosen = [target, words, verb] { return send(*target, verb.path, verb.body(*words)); };
    });
}

}  // namespace

void add_admin_command(CLI::App& app, Action& chosen) {
    CLI::App* admin =
        app.add_subcommand("admin", "Operate a running exchange: funds, markets, fees, accounts");
    admin->require_subcommand(1);
    const auto target = std::make_shared<Target>();
    admin->add_option("--data-dir", target->data_dir, "data directory of the exchange")
        ->capture_default_str();
    admin->add_option("--url", target->url, "reach it by URL instead, e.g. http://127.0.0.1:3000");
    admin->add_option("--token-file", target->token_file,
                      "operator token (default: operator.token in the data directory)");
    admin->add_option("--shard", target->shard,
                      "of an exchange with several: the one that is meant, where nothing else tells");
    for (const Verb& verb : verbs()) add_verb(*admin, verb, target, chosen);
    add_readings(*admin, target, chosen);
}

}  // namespace sauda
