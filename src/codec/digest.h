/// A 64-bit digest to tell states and snapshots apart. Not against forgery.
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace sauda::codec {

/// Digest of `bytes`, the same on every machine: for each 8-byte little-endian word w, the last one filled up
/// with zeros, h = mix(h ^ w) with h = mix(size in bytes) at first; mix is the finaliser of SplitMix64 plus a
/// constant. Each step is one-to-one in h and in w: inputs of one size that differ in a single word never
/// collide.
std::uint64_t digest64(base::ByteView bytes);

}  // namespace sauda::codec
