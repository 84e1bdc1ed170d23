/// The exchange's whole state as bytes: what a snapshot holds.
///
///   width   field
///   8       "SAUDASTA"
///   u32     version: 3 with the tenth section, 2 with the ninth alone, 1 without both
///   u32     size of the sections in bytes, modulo 2^32: cuts are told from damage
///   u8      shard
///   varint  last sequence, last time, count of orders ever accepted
///   then eight sections, each a varint count and its records, field by field in the order of core/state.h:
///           assets, markets, accounts, balances, open orders, client order ids, transfers, gateways
///   from version 2 on, a ninth: transfers between shards, which are not among the other transfers
///   from version 3 on, a tenth: leases
///   u64     digest64 of everything before
///
/// varint as in byte_coder.h, text as in plain_coder.h; fee rates are two i32, enumerators and booleans one
/// byte each. Equal states have equal bytes: core gives its state in canonical order. A state is of the
/// oldest version that can hold it, and so has the bytes, and the hash, that it had before there was a newer.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "base/result.h"
#include "codec/decode_error.h"
#include "core/state.h"

namespace sauda::codec {

/// Appends `state` to `out`. O(state).
/// Requires: a state that core::Exchange::state() returned.
void encode_state(const core::ExchangeState& state, base::Bytes& out);

/// Reads the one state that `bytes` hold. Damage of any kind is refused, and so is what core could not have
/// written: enumerators without a name, ids of assets, markets and fee schedules that are not listed,
/// sections out of order. Never reserves more memory than a small multiple of the bytes.
base::Result<core::ExchangeState, DecodeError> decode_state(base::ByteView bytes);

/// Digest of the whole state: equal states, equal digests, on every machine. O(state).
std::uint64_t hash_state(const core::ExchangeState& state);

}  // namespace sauda::codec
