/// How far a measurement is, for whoever waits for it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace sauda::bench {

/// Told by a stage how far it is. Calls are cheap enough for every batch of a timed loop, not for every
/// order.
///
/// Threads: one at a time.
class Progress {
public:
    virtual ~Progress() = default;
    /// A part of the work begins, in `total` steps.
    virtual void begin(std::string_view part, std::uint64_t total) = 0;
    /// `done` steps of the part are done.
    virtual void reach(std::uint64_t done) = 0;
};

/// Nobody waits.
class NoProgress final : public Progress {
public:
    void begin(std::string_view, std::uint64_t) override {}
    void reach(std::uint64_t) override {}
};

/// On standard error: a bar, where that is a terminal; else nothing but `title`, once.
class ProgressBar final : public Progress {
public:
    explicit ProgressBar(std::string title);
    /// Leaves a clean line behind.
    ~ProgressBar() override;
    ProgressBar(const ProgressBar&) = delete;
    ProgressBar& operator=(const ProgressBar&) = delete;

    void begin(std::string_view part, std::uint64_t total) override;
    void reach(std::uint64_t done) override;

private:
    using Clock = std::chrono::steady_clock;

    void draw(std::uint64_t done) const;

    const std::string title_;
    const bool is_terminal_;
    std::string part_;
    std::uint64_t total_ = 0;
    Clock::time_point drawn_;
};

/// The text of a bar: `[#####-----]  50 %`. Requires: done <= total.
std::string bar_text(std::uint64_t done, std::uint64_t total, std::size_t width);

/// Calls `work(begin, end)` for ranges that cover [0, count), telling `progress` after each.
template <class Work>
void in_ranges(std::size_t count, Progress& progress, Work work) {
    constexpr std::size_t range = 65'536;
    for (std::size_t begin = 0; begin < count; begin += range) {
        const std::size_t end = count - begin < range ? count : begin + range;
        work(begin, end);
        progress.reach(end);
    }
}

}  // namespace sauda::bench
