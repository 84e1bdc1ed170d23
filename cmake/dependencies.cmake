# Every third party, by its Debian 12 package, and why it is here. Each is used behind one folder.
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)

# net: HTTP and WebSocket handshake and reads (Beast), sockets, timers, coroutines (Asio), query strings (URL).
# libboost1.81-dev, libboost-url1.81-dev; never the unversioned packages, which bring 1.74.
find_package(Boost 1.81.0 EXACT REQUIRED CONFIG COMPONENTS headers url)
add_library(sauda_boost INTERFACE)
target_link_libraries(sauda_boost INTERFACE Boost::headers Boost::url Threads::Threads)
target_compile_definitions(sauda_boost INTERFACE BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_DISABLE_BOOST_COROUTINE)

# bus/redis_streams: what Redis answers, parsed (its reader alone; sockets are Asio's). Debian's package has no CMake
# configuration. libhiredis-dev
pkg_check_modules(HIREDIS REQUIRED IMPORTED_TARGET hiredis)

# codec: JSON in, on demand and without a DOM. libsimdjson-dev
find_package(simdjson REQUIRED)

# codec, logs: text out, compiled formats. libfmt-dev
find_package(fmt REQUIRED)

# services: structured logs from a background thread. libspdlog-dev (uses the fmt above)
find_package(spdlog REQUIRED)

# services: the /metrics page. prometheus-cpp-dev
find_package(prometheus-cpp REQUIRED)

# services: configuration files and the command line. libtomlplusplus-dev, libcli11-dev
find_package(tomlplusplus REQUIRED)
find_package(CLI11 REQUIRED PATHS /usr/share/cmake)

# sql: the embedded store of identity and history. libsqlite3-dev
find_package(SQLite3 REQUIRED)

# sql: the store that several servers share, PostgreSQL 15. libpq-dev
pkg_check_modules(LIBPQ REQUIRED IMPORTED_TARGET libpq)

# identity: password hashes (argon2id). libargon2-dev
pkg_check_modules(ARGON2 REQUIRED IMPORTED_TARGET libargon2)

# identity: HMAC, random bytes, constant-time compare. libssl-dev
find_package(OpenSSL 3 REQUIRED COMPONENTS Crypto)

# tests: promtool and a server that scrapes a live exchange, for what stands in ops/. prometheus (a program, not
# a library: the test calls it; set-up keeps its daemon from starting)

# tests: the servers that services are run over, as children of the tests. redis-server (and its Sentinel)

# tests: libgtest-dev, libgmock-dev, librapidcheck-dev
find_package(GTest REQUIRED)
find_package(rapidcheck REQUIRED)
add_library(sauda_test_support INTERFACE)
target_link_libraries(sauda_test_support INTERFACE GTest::gmock GTest::gtest GTest::gtest_main rapidcheck)

# tests/e2e, which need nothing of cmake: a WebSocket client (python3-websockets), answers held against the API's
# documents (python3-jsonschema), and what runs examples/javascript (nodejs, node-ws).
