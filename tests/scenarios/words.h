/// The words of one line of a scenario, read from left to right.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sauda::scenarios {

/// After something that cannot be read, `failure()` says what, and everything read after it is empty or
/// zero: a reader may ask once, at its end.
class Words {
public:
    explicit Words(std::string_view line);

    bool done() const { return at_ == words_.size(); }
    /// The next word without taking it; empty at the end.
    std::string_view peek() const { return done() ? std::string_view{} : words_[at_]; }
    std::string next(const char* what);
    /// Takes the next word if it is `word`.
    bool take(std::string_view word);
    /// Takes the next word if it starts with `prefix` and goes on, and returns what follows it; empty
    /// otherwise.
    std::string take_prefixed(std::string_view prefix);
    /// Requires the next word to be `word`.
    void expect(std::string_view word);

    /// A decimal as an integer times 10^scale.
    std::int64_t decimal(const char* what, int scale);
    /// A percentage as parts per million: 0.1% is 1000.
    std::int32_t percentage(const char* what);
    /// A span of time in nanoseconds: 10m, 599.999999999s, 1ns.
    std::int64_t duration(const char* what);

    /// Notes the first failure.
    void fail(std::string why);
    /// As fail, where words are left that nobody asked for.
    void fail_unless_done();
    const std::string& failure() const { return failure_; }
    bool ok() const { return failure_.empty(); }

private:
    std::vector<std::string> words_;
    std::size_t at_ = 0;
    std::string failure_;
};

}  // namespace sauda::scenarios
