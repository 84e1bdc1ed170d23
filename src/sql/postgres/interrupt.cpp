#include "sql/postgres/interrupt.h"

#include <cstdint>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/assert.h"

namespace sauda::sql {

Interrupt::Interrupt() : descriptor_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    ASSERT(descriptor_ >= 0);
}

Interrupt::~Interrupt() {
    ::close(descriptor_);
}

void Interrupt::raise() {
    const std::uint64_t one = 1;
    static_cast<void>(::write(descriptor_, &one, sizeof one));  // full: it is raised already
}

}  // namespace sauda::sql
