/// What the books of all markets have in common: where their orders and price levels stand.
#pragma once

#include "core/book/level_pool.h"
#include "core/book/order_pool.h"

namespace sauda::core {

struct BookMemory {
    OrderPool orders;
    LevelPool levels;
};

}  // namespace sauda::core
