// SPDX-License-Identifier: MIT
#ifndef TLSMODE_TESTS_SUPPORT_UNLIMITED_HPP
#define TLSMODE_TESTS_SUPPORT_UNLIMITED_HPP

#include <cstddef>
#include <limits>

namespace tlsmode_tests {

inline constexpr std::size_t unlimited = std::numeric_limits<std::size_t>::max();

}  // namespace tlsmode_tests

#endif
