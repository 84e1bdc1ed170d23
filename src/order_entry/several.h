/// Answers of several engines to one request, put together.
#pragma once

#include <string>
#include <string_view>

namespace sauda::order_entry {

/// Adds what `second` canceled to `first`: both are bodies `{"status","canceled":N,"order_ids":[...],...}`.
/// Bodies without that list are left as they are.
void add_canceled(std::string& first, std::string_view second);
/// Has `first` say that a switch was not taken over where `second` does; both are of CancelOnDisconnect, or
/// are left as they are.
void add_took_over(std::string& first, std::string_view second);

}  // namespace sauda::order_entry
