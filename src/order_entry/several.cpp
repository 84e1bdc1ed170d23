#include "order_entry/several.h"

#include <algorithm>

#include <fmt/format.h>

#include "gateway/gateway.h"

namespace sauda::order_entry {

namespace {

constexpr std::string_view ids_member = R"("order_ids":[)";

/// The ids between the brackets; `begin` is npos where there are none.
struct Ids {
    std::size_t begin = std::string_view::npos;
    std::size_t end = 0;
};

Ids find_ids(std::string_view body) {
    const std::size_t at = body.find(ids_member);
    if (at == std::string_view::npos) return {};
    const std::size_t begin = at + ids_member.size();
    return {begin, body.find(']', begin)};
}

}  // namespace

void add_canceled(std::string& first, std::string_view second) {
    const Ids mine = find_ids(first);
    const Ids theirs = find_ids(second);
    if (mine.begin == std::string::npos || theirs.begin == std::string_view::npos) return;
    std::string all = first.substr(mine.begin, mine.end - mine.begin);
    const std::string_view more = second.substr(theirs.begin, theirs.end - theirs.begin);
    if (!all.empty() && !more.empty()) all += ",";
    all += more;
    const auto count = all.empty() ? 0 : 1 + std::ranges::count(all, ',');
    first = fmt::format(R"({{"status":"Success","canceled":{},"order_ids":[{})", count, all) +
            first.substr(mine.end);
}

void add_took_over(std::string& first, std::string_view second) {
    constexpr std::string_view yes = R"("took_over":true)";
    constexpr std::string_view no = R"("took_over":false)";
    const std::size_t at = first.find(yes);
    if (at != std::string::npos && second.find(no) != std::string_view::npos)
        first.replace(at, yes.size(), no);
}

codec::RequestError shard_away(std::string_view shard) {
    return {503, std::string(gateway::code(gateway::Refusal::engine_down)),
            fmt::format("Shard {} cannot be reached yet; nothing was done. Try again in a moment.", shard)};
}

}  // namespace sauda::order_entry
