#include "sauda/wall_clock.h"

#include <chrono>

namespace sauda {

core::TimestampNs wall_now() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return {std::chrono::duration_cast<std::chrono::nanoseconds>(now).count()};
}

}  // namespace sauda
