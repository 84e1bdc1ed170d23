/// Requests of the command line to a running exchange, as an operator.
#pragma once

#include <string>

#include "base/result.h"

namespace sauda {

/// Where to send a request, and with what.
struct Target {
    std::string data_dir = "data";
    std::string url;         ///< empty: found through the data directory
    std::string token_file;  ///< empty: operator.token in the data directory
    std::string shard;       ///< empty: none is named
};

struct AdminAnswer {
    int status = 0;
    std::string body;
};

/// POSTs `body`, or GETs where it is empty, /api/v1/admin/`path`. The error is a sentence: the exchange was
/// not reached, or there is no token to show it.
base::Result<AdminAnswer, std::string> ask_exchange(const Target& target, const std::string& path,
                                                    const std::string& body);

}  // namespace sauda
