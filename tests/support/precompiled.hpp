// SPDX-License-Identifier: MIT
#ifndef TLSMODE_TESTS_SUPPORT_PRECOMPILED_HPP
#define TLSMODE_TESTS_SUPPORT_PRECOMPILED_HPP

// What most unit tests include, compiled once for all of them. No test relies on it: each includes what it uses, and
// tools/mutants compiles it without this file.

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/socket.h>
#include <unistd.h>

#include <tlsmode/kernel_tls.hpp>
#include <tlsmode/tlsmode.hpp>

#include "support/adopted.hpp"
#include "support/catch.hpp"
#include "support/raw_pair.hpp"
#include "support/thrown.hpp"
#include "support/tls_pair.hpp"
#include "support/wire.hpp"

#endif
