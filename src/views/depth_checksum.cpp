#include <array>

#include "core/types/decimal.h"
#include "views/depth.h"

namespace sauda::views {

namespace {

constexpr std::size_t checksum_levels = 10;

constexpr std::array<std::uint32_t, 256> make_crc32_table() {
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t byte = 0; byte < 256; ++byte) {
        std::uint32_t crc = byte;
        for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xEDB88320u : 0u);
        table[byte] = crc;
    }
    return table;
}
constexpr std::array<std::uint32_t, 256> crc32_table = make_crc32_table();

std::uint32_t crc32_ieee(std::string_view text) {
    std::uint32_t crc = 0xFFFFFFFFu;
    for (const char c : text) crc = (crc >> 8) ^ crc32_table[(crc ^ static_cast<std::uint8_t>(c)) & 0xFF];
    return crc ^ 0xFFFFFFFFu;
}

/// Room for the longest input: 20 levels of two 64-bit decimals with points and colons.
class ChecksumText {
public:
    void add(const DepthLevel& level, const core::MarketSpec& spec) {
        if (size_ != 0) text_[size_++] = ':';
        add_decimal(level.price.raw, spec.price_scale);
        text_[size_++] = ':';
        add_decimal(level.quantity.raw, spec.quantity_scale);
    }
    std::string_view view() const { return {text_.data(), size_}; }

private:
    /// As core::format_decimal, without allocating: this runs for every update of every market.
    void add_decimal(std::int64_t value, int scale) {
        std::array<char, 40> reversed;
        std::size_t length = 0;
        auto rest = static_cast<std::uint64_t>(value);
        for (int digits = 0; rest != 0 || digits <= scale; ++digits) {
            if (digits == scale && scale > 0) reversed[length++] = '.';
            reversed[length++] = static_cast<char>('0' + rest % 10);
            rest /= 10;
        }
        while (length > 0) text_[size_++] = reversed[--length];
    }

    std::array<char, 2 * checksum_levels * 2 * 41> text_;
    std::size_t size_ = 0;
};

ChecksumText checksum_text(const DepthBook& book, const core::MarketSpec& spec) {
    const auto bids = book.top(core::Side::buy, checksum_levels);
    const auto asks = book.top(core::Side::sell, checksum_levels);
    ChecksumText text;
    for (std::size_t i = 0; i < checksum_levels; ++i) {
        if (i < bids.size()) text.add(bids[i], spec);
        if (i < asks.size()) text.add(asks[i], spec);
    }
    return text;
}

}  // namespace

std::uint32_t depth_checksum(const DepthBook& book, const core::MarketSpec& spec) {
    return crc32_ieee(checksum_text(book, spec).view());
}

std::string depth_checksum_text(const DepthBook& book, const core::MarketSpec& spec) {
    return std::string(checksum_text(book, spec).view());
}

}  // namespace sauda::views
