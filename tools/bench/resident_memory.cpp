#include "bench/resident_memory.h"

#include <fstream>
#include <malloc.h>
#include <unistd.h>

namespace sauda::bench {

double resident_bytes() {
    std::ifstream file("/proc/self/statm");
    double pages_in_all = 0;
    double pages_resident = 0;
    file >> pages_in_all >> pages_resident;
    return pages_resident * static_cast<double>(sysconf(_SC_PAGESIZE));
}

void release_free_memory() {
    malloc_trim(0);
}

}  // namespace sauda::bench
