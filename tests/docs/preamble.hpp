// SPDX-License-Identifier: MIT
// What the code blocks of the documents may take for granted: every header, and a few names that fragments use.
#ifndef TLSMODE_TESTS_DOCS_PREAMBLE_HPP
#define TLSMODE_TESTS_DOCS_PREAMBLE_HPP

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <poll.h>

#include <tlsmode/tlsmode.hpp>

namespace fragment_context {

extern int fd;                            // a connected socket
extern std::span<const std::byte> bytes;  // to be sent
extern std::array<std::byte, 16384> buffer;

}  // namespace fragment_context

#endif
