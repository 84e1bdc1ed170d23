/// Where there are several engines: their answers to one request put together, and the answer for one that is
/// away.
#pragma once

#include <string>
#include <string_view>

#include "codec/json_value.h"

namespace sauda::order_entry {

/// Adds what `second` canceled to `first`: both are bodies `{"status","canceled":N,"order_ids":[...],...}`.
/// Bodies without that list are left as they are.
void add_canceled(std::string& first, std::string_view second);
/// Has `first` say that a switch was not taken over where `second` does; both are of CancelOnDisconnect, or
/// are left as they are.
void add_took_over(std::string& first, std::string_view second);

/// Refused before acceptance: the engine of `shard` has yet to answer this process for the first time.
codec::RequestError shard_away(std::string_view shard);

}  // namespace sauda::order_entry
