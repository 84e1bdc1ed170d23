/// CRC-32C (Castagnoli, reflected polynomial 0x82F63B78; RFC 3720 appendix B.4).
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace sauda::base {

/// CRC of `bytes`, continuing from the CRC `seed` of what came before (0 at the start).
std::uint32_t crc32c(ByteView bytes, std::uint32_t seed = 0);

/// The same by table, for machines without the instruction, and to prove it.
std::uint32_t crc32c_portable(ByteView bytes, std::uint32_t seed = 0);

}  // namespace sauda::base
