/// Every view at one sequence as bytes, so that a restart folds only the events after it.
///
/// Layout (little-endian):
///
///     offset  width  field
///          0      8  magic     "SAUDAVWS"
///          8      4  checksum  CRC32C of everything behind it
///         12      4  version   checkpoint_version
///         16      8  sequence  the last one folded
///         24      8  time      of that sequence, nanoseconds since 1970
///         32         the views, one after the other, each a list of counts and records:
///                      listings   assets; markets
///                      catalog    accounts
///                      depth      per market: update id, bids, asks (best last)
///                      trades     per market: the trades remembered, oldest first
///                      candles    per market and interval: those remembered, oldest first
///                      accounts   per account: balances, sequence, orders (open by id, then closed, oldest
///                                 first); closed orders of all accounts; what amended orders had been filled
///                                 for; pending transfers to other shards, oldest first
///
/// Whole numbers are varints of their 64-bit pattern, 7 bits a byte, lowest first; 128-bit sums two of them,
/// low half first; fee rates and enumerators stand as they are in memory; texts are a size byte and
/// characters. The lists of fields are in checkpoint.cpp.
///
/// Equal views have equal bytes: nothing depends on the order in a hash table. What can be worked out again
/// (names to ids, client ids to orders, where candles end) is not written.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "base/result.h"
#include "core/types/ids.h"
#include "views/read_model.h"

namespace sauda::views {

/// Raise it whenever a view holds more, or means something else: an older checkpoint is then passed over, and
/// the events are folded from the beginning.
inline constexpr std::uint32_t checkpoint_version = 2;

/// Appends the views to `out`. O(everything they remember).
void encode_checkpoint(const ReadModel& views, base::Bytes& out);

/// The views that `bytes` hold, or a sentence about why there are none: damage, another version, numbers that
/// no view could have held. `limits` are those that the views go on under. Never reserves more memory than a
/// small multiple of the bytes.
base::Result<ReadModel, const char*> decode_checkpoint(base::ByteView bytes, ViewLimits limits = {});

}  // namespace sauda::views
