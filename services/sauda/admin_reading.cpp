#include "sauda/admin_reading.h"

#include <algorithm>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "codec/json_value.h"

namespace sauda {

namespace {

using codec::JsonValue;

/// One thing to look at: a list that goes page by page, or (`member` empty) one object.
struct Reading {
    const char* name;
    const char* help;
    const char* member;  ///< the list's name in the answer
    std::vector<const char*> columns;
    std::vector<const char*> filters;  ///< query parameters, as options
};

std::vector<Reading> readings() {
    return {{"accounts",
             "List accounts: whose they are, whether they are frozen, what they have open",
             "accounts",
             {"account", "email", "role", "frozen", "locked", "open_orders", "account_sequence"},
             {}},
            {"balances",
             "List balances that are not zero, of users and of the exchange itself",
             "balances",
             {"account", "owner", "asset", "available", "held"},
             {"account", "asset"}},
            {"markets",
             "List markets: state, best prices, last trade, fees",
             "markets",
             {"market", "state", "best_bid", "best_ask", "bid_levels", "ask_levels", "last_price",
              "maker_fee_percent", "taker_fee_percent"},
             {}},
            {"health", "Tell how the exchange is", "", {}, {}}};
}

/// What was asked for on the command line.
struct ReadingWords {
    bool is_json = false;
    std::vector<std::string> filters;
};

std::string json_text(const JsonValue& value);

template <class Items, class One>
std::string joined(const Items& items, const One& one) {
    std::string out;
    for (const auto& item : items) out += (out.empty() ? "" : ",") + one(item);
    return out;
}

std::string quoted(const std::string& text) {
    std::string out;
    codec::append_json_string(out, text);
    return out;
}

std::string json_text(const JsonValue& value) {
    switch (value.kind) {
        case JsonValue::Kind::null:
            return "null";
        case JsonValue::Kind::boolean:
            return value.boolean ? "true" : "false";
        case JsonValue::Kind::number:
            return value.text;
        case JsonValue::Kind::string:
            return quoted(value.text);
        case JsonValue::Kind::array:
            return "[" + joined(value.items, json_text) + "]";
        case JsonValue::Kind::object:
            break;
    }
    return "{" +
           joined(value.members,
                  [](const auto& member) { return quoted(member.first) + ":" + json_text(member.second); }) +
           "}";
}

/// As it stands in a cell of a table.
std::string cell_text(const JsonValue* value) {
    if (value == nullptr || value->kind == JsonValue::Kind::null) return "-";
    if (value->kind == JsonValue::Kind::boolean) return value->boolean ? "yes" : "no";
    return value->text;
}

using Row = std::vector<std::string>;

/// Columns as wide as what is in them; text to the left, what looks like a number to the right.
void print_table(const std::vector<Row>& rows) {
    std::vector<std::size_t> widths(rows.front().size());
    for (const Row& row : rows) {
        for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
    }
    for (const Row& row : rows) {
        std::string line;
        for (std::size_t i = 0; i < row.size(); ++i) {
            const bool is_number = row[i].find_first_not_of("0123456789.-") == std::string::npos;
            line += is_number ? fmt::format("{:>{}}  ", row[i], widths[i])
                              : fmt::format("{:<{}}  ", row[i], widths[i]);
        }
        line.erase(line.find_last_not_of(' ') + 1);
        std::printf("%s\n", line.c_str());
    }
}

int fail(const std::string& sentence) {
    std::fprintf(stderr, "sauda admin: %s\n", sentence.c_str());
    return 1;
}

/// Characters that mean something in a query are percent-encoded.
std::string query_text(const std::string& text) {
    std::string out;
    for (const char c : text) {
        const bool is_plain =
            (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
        out += is_plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    return out;
}

/// The object of the answer, or the sentence about why there is none.
base::Result<JsonValue, std::string> read_object(const Target& target, const std::string& path) {
    const auto answer = ask_exchange(target, path, "");
    if (!answer) return base::Unexpected{answer.error()};
    auto object = codec::parse_json_object(answer->body);
    if (!object) return base::Unexpected{"the exchange answered what is no JSON: " + answer->body};
    if (answer->status < 400) return std::move(*object);
    return base::Unexpected{answer->body};
}

int print_health(const Target& target, const ReadingWords& words) {
    const auto object = read_object(target, "health");
    if (!object) return fail(object.error());
    const JsonValue* ready = object->find("ready");
    const bool is_ready = ready != nullptr && ready->boolean;
    if (words.is_json) {
        std::printf("%s\n", json_text(*object).c_str());
    } else {
        for (const auto& [name, value] : object->members) {
            if (name != "status") std::printf("%-16s %s\n", name.c_str(), cell_text(&value).c_str());
        }
    }
    return is_ready ? 0 : 1;
}

/// Small pages: an answer of many more values is refused as a request would be.
constexpr int page_rows = 50;

int print_list(const Target& target, const Reading& reading, const ReadingWords& words) {
    std::string path = fmt::format("{}?limit={}", reading.name, page_rows);
    if (!target.shard.empty()) path += "&shard=" + query_text(target.shard);
    for (std::size_t i = 0; i < words.filters.size(); ++i) {
        if (!words.filters[i].empty())
            path += fmt::format("&{}={}", reading.filters[i], query_text(words.filters[i]));
    }
    std::vector<Row> rows{Row(reading.columns.begin(), reading.columns.end())};
    for (std::string cursor;;) {
        const auto page = read_object(target, path + cursor);
        if (!page) return fail(page.error());
        const JsonValue* list = page->find(reading.member);
        const JsonValue* next = page->find("next_cursor");
        if (list == nullptr || next == nullptr) return fail("the exchange is of another version");
        for (const JsonValue& item : list->items) {
            if (words.is_json) std::printf("%s\n", json_text(item).c_str());
            Row row;
            for (const char* column : reading.columns) row.push_back(cell_text(item.find(column)));
            rows.push_back(std::move(row));
        }
        if (next->kind == JsonValue::Kind::null) break;
        cursor = "&cursor=" + next->text;
    }
    if (!words.is_json) print_table(rows);
    return 0;
}

void add_reading(CLI::App& admin, const Reading& reading, const std::shared_ptr<Target>& target,
                 Action& chosen) {
    CLI::App* command = admin.add_subcommand(reading.name, reading.help);
    const auto words = std::make_shared<ReadingWords>();
    words->filters.resize(reading.filters.size());
    command->add_flag("--json", words->is_json, "JSON, an object a line");
    for (std::size_t i = 0; i < reading.filters.size(); ++i) {
        command->add_option(std::string("--") + reading.filters[i], words->filters[i],
                            std::string("only this ") + reading.filters[i]);
    }
    command->callback([&chosen, target, words, reading] {
        chosen = [target, words, reading] {
            return *reading.member == '\0' ? print_health(*target, *words)
                                           : print_list(*target, reading, *words);
        };
    });
}

}  // namespace

void add_readings(CLI::App& admin, const std::shared_ptr<Target>& target, Action& chosen) {
    for (const Reading& reading : readings()) add_reading(admin, reading, target, chosen);
}

}  // namespace sauda
