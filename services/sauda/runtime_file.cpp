#include "sauda/runtime_file.h"

#include <cerrno>
#include <cstdio>
#include <fstream>
#include <sstream>

#include <fmt/format.h>

namespace sauda {

namespace {

std::string path_in(const std::string& data_dir) {
    return data_dir + "/runtime.json";
}

}  // namespace

base::Result<void, base::IoError> write_runtime(const std::string& data_dir, const Runtime& runtime) {
    const std::string path = path_in(data_dir);
    const std::string temporary = path + ".tmp";
    {
        std::ofstream file(temporary, std::ios::trunc);
        file << fmt::format("{{\"host\":\"{}\",\"http_port\":{},\"ws_port\":{},\"process\":{}}}\n",
                            runtime.host, runtime.http_port, runtime.ws_port, runtime.process);
        file.flush();
        if (!file) return base::Unexpected{base::IoError{"write", temporary, errno, ""}};
    }
    if (std::rename(temporary.c_str(), path.c_str()) != 0) {
        return base::Unexpected{base::IoError{"rename", path, errno, ""}};
    }
    return {};
}

base::Result<Runtime, base::IoError> read_runtime(const std::string& data_dir) {
    const std::string path = path_in(data_dir);
    std::ifstream file(path);
    if (!file) {
        return base::Unexpected{base::IoError{
            "open", path, errno,
            "no exchange runs on this data directory; start it with sauda run --data-dir " + data_dir}};
    }
    std::stringstream text;
    text << file.rdbuf();
    Runtime runtime;
    char host[64] = {};
    long long process = 0;
    const int fields = std::sscanf(
        text.str().c_str(), "{\"host\":\"%63[^\"]\",\"http_port\":%hu,\"ws_port\":%hu,\"process\":%lld}",
        host, &runtime.http_port, &runtime.ws_port, &process);
    if (fields != 4)
        return base::Unexpected{base::IoError{"read", path, 0, "not a runtime file; restart the exchange"}};
    runtime.host = host;
    runtime.process = process;
    return runtime;
}

void remove_runtime(const std::string& data_dir) {
    std::remove(path_in(data_dir).c_str());
}

}  // namespace sauda
