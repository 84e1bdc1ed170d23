/// Which shard a request is for, where an exchange has several: the one of the market, the order or the asset
/// that it names, or of its parameter `shard`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "api-server/context.h"
#include "api-server/router.h"
#include "base/result.h"
#include "net/http_message.h"

namespace sauda::api_server {

/// What a request that names no shard, market or order asks of them all.
enum class Reach : std::uint8_t {
    one,   ///< one shard answers
    find,  ///< the first that knows what is asked for
    list,  ///< a list of what all have, page by page
    all,   ///< every one does it
};

struct ShardChoice {
    Reach reach = Reach::one;
    std::size_t shard = 0;  ///< of `one`
};

/// The shard of this name; null: there is none.
const Context* find_shard(std::span<const Context> shards, std::string_view name);

/// The shards that an answer about all of them tells of: the one that `request` names, if it does; `context`
/// is that one then.
std::span<const Context> told_of(const Context& context, const net::Request& request);

/// Whether the shard has this asset, as far as can be told while it is away.
bool may_have_asset(const Context& shard, std::string_view asset);

/// The choice, or the error to answer. `match` is of any shard's router: they have the same routes.
base::Result<ShardChoice, net::Response> choose_shard(std::span<const Context> shards,
                                                      const net::Request& request,
                                                      const Router::Match& match);

}  // namespace sauda::api_server
