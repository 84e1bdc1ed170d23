/// For processes beside an exchange whose work can wait.
#pragma once

namespace sauda {

/// Gives the processor and the disk to whoever else wants them, an exchange above all. All of it is advice:
/// where the kernel takes none of it, the work is done all the same.
void stand_back();

}  // namespace sauda
