#include "words.h"

#include <sstream>

#include "core/types/decimal.h"

namespace sauda::scenarios {

Words::Words(std::string_view line) {
    std::istringstream in{std::string(line)};
    for (std::string word; in >> word;) words_.push_back(word);
}

std::string Words::next(const char* what) {
    if (done()) {
        fail(std::string("here should be ") + what);
        return {};
    }
    return words_[at_++];
}

bool Words::take(std::string_view word) {
    if (peek() != word || done()) return false;
    ++at_;
    return true;
}

std::string Words::take_prefixed(std::string_view prefix) {
    if (!peek().starts_with(prefix) || peek().size() == prefix.size()) return {};
    return words_[at_++].substr(prefix.size());
}

void Words::expect(std::string_view word) {
    if (!take(word)) fail("here should be '" + std::string(word) + "', not '" + std::string(peek()) + "'");
}

std::int64_t Words::decimal(const char* what, int scale) {
    const std::string word = next(what);
    if (!ok()) return 0;
    const auto value = core::parse_decimal(word, scale);
    if (value) return *value;
    fail("'" + word + "' is no " + what + " of at most " + std::to_string(scale) + " decimals");
    return 0;
}

std::int32_t Words::percentage(const char* what) {
    const std::string word = next(what);
    const bool is_percentage = word.ends_with('%');
    // One hundredth with four more decimals is a millionth.
    const auto value = core::parse_decimal(is_percentage ? word.substr(0, word.size() - 1) : "", 4);
    if (value) return static_cast<std::int32_t>(*value);
    fail("'" + word + "' is no percentage");
    return 0;
}

std::int64_t Words::duration(const char* what) {
    struct Unit {
        const char* suffix;
        int decimals;
        std::int64_t factor;
    };
    const std::string word = next(what);
    for (const Unit unit : {Unit{"ns", 0, 1}, Unit{"s", 9, 1}, Unit{"m", 0, 60'000'000'000}}) {
        if (!word.ends_with(unit.suffix)) continue;
        const std::string number = word.substr(0, word.size() - std::string_view(unit.suffix).size());
        if (const auto value = core::parse_decimal(number, unit.decimals)) return *value * unit.factor;
    }
    fail("'" + word + "' is no span of time such as 10m, 1.5s or 1ns");
    return 0;
}

void Words::fail(std::string why) {
    if (failure_.empty()) failure_ = std::move(why);
    at_ = words_.size();
}

void Words::fail_unless_done() {
    if (!done()) fail("'" + std::string(peek()) + "' is not understood here");
}

}  // namespace sauda::scenarios
