#include "bench/progress.h"

#include <algorithm>
#include <cstdio>
#include <unistd.h>

namespace sauda::bench {

namespace {

constexpr std::size_t bar_width = 30;
/// Ten times a second looks alive and costs a timed loop nothing that can be measured.
constexpr std::chrono::milliseconds redraw_after{100};
/// Back to the start of the line, and clear it.
constexpr const char* clear_line = "\r\033[K";

}  // namespace

std::string bar_text(std::uint64_t done, std::uint64_t total, std::size_t width) {
    const double share = total == 0 ? 1.0 : static_cast<double>(done) / static_cast<double>(total);
    const auto filled = static_cast<std::size_t>(share * static_cast<double>(width));
    char percent[16];
    std::snprintf(percent, sizeof percent, "] %3.0f %%", share * 100);
    return "[" + std::string(filled, '#') + std::string(width - filled, '-') + percent;
}

ProgressBar::ProgressBar(std::string title)
    : title_(std::move(title)), is_terminal_(isatty(STDERR_FILENO) == 1) {
    if (!is_terminal_) std::fprintf(stderr, "%s\n", title_.c_str());
}

ProgressBar::~ProgressBar() {
    if (is_terminal_) std::fputs(clear_line, stderr);
}

void ProgressBar::begin(std::string_view part, std::uint64_t total) {
    part_ = part;
    total_ = total;
    if (!is_terminal_) return;
    drawn_ = Clock::now();
    draw(0);
}

void ProgressBar::reach(std::uint64_t done) {
    if (!is_terminal_) return;
    const auto now = Clock::now();
    if (now - drawn_ < redraw_after) return;
    drawn_ = now;
    draw(done);
}

void ProgressBar::draw(std::uint64_t done) const {
    const std::string bar = bar_text(std::min(done, total_), total_, bar_width);
    std::fprintf(stderr, "%s%s %s, %s", clear_line, bar.c_str(), title_.c_str(), part_.c_str());
    std::fflush(stderr);
}

}  // namespace sauda::bench
