/// Short text of fixed room, without allocation: names, client order ids, references.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "base/assert.h"
#include "core/limits.h"

namespace sauda::core {

/// Up to `Size` bytes of text. Bytes past the end are zero, so equal texts are equal bytes.
template <std::size_t Size>
struct Text {
    static_assert(Size <= 255);
    std::uint8_t size = 0;
    std::array<char, Size> characters{};

    constexpr Text() = default;
    /// Requires: text.size() <= Size.
    constexpr explicit Text(std::string_view text) : size(static_cast<std::uint8_t>(text.size())) {
        ASSERT(text.size() <= Size);
        for (std::size_t i = 0; i < text.size(); ++i) characters[i] = text[i];
    }
    constexpr std::string_view view() const { return {characters.data(), size}; }
    constexpr bool empty() const { return size == 0; }
    friend constexpr bool operator==(const Text&, const Text&) = default;
    friend constexpr auto operator<=>(const Text& a, const Text& b) { return a.view() <=> b.view(); }
};

using AssetName = Text<asset_name_size_max>;
using MarketName = Text<market_name_size_max>;
using TransferReference = Text<transfer_reference_size_max + 7>;  // 72 bytes in all
/// A shard, as the other shards call it: `[a-z0-9-]{1,15}`. Its name never changes.
using ShardName = Text<shard_name_size_max>;
/// The owner's own name for a request: `[a-zA-Z0-9-_:./]{1,36}`. Empty: none was given.
using ClientOrderId = Text<client_order_id_size_max + 3>;  // 40 bytes in all

/// True for 1 to 36 of `[a-zA-Z0-9-_:./]`.
bool is_valid_client_order_id(std::string_view text);
/// True for 1 to 64 printable ASCII characters without space, quote and backslash.
bool is_valid_transfer_reference(std::string_view text);
/// True for 1 to 15 of `[a-z0-9-]`.
bool is_valid_shard_name(std::string_view text);
/// True for names of assets and markets: upper-case letters, digits and `_`, a letter or digit first.
bool is_valid_name(std::string_view text, std::size_t size_max);

}  // namespace sauda::core
