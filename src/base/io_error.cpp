#include "base/io_error.h"

#include <cstring>

namespace sauda::base {

std::string IoError::message() const {
    std::string text = operation + " " + path;
    if (error_number != 0) text += std::string(": ") + std::strerror(error_number);
    if (!detail.empty()) text += ": " + detail;
    return text;
}

}  // namespace sauda::base
