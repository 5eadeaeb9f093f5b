// SPDX-License-Identifier: MIT
#ifndef TLSMODE_TESTS_SUPPORT_OPENSSL_MEMORY_HPP
#define TLSMODE_TESTS_SUPPORT_OPENSSL_MEMORY_HPP

#include <cstddef>

namespace tlsmode_tests {

/// Makes OpenSSL allocate through counting functions. Our main calls it first; later it has no effect.
void count_openssl_memory() noexcept;

/// Whether the counting functions are in place.
[[nodiscard]] bool openssl_memory_is_counted() noexcept;

/// Bytes that OpenSSL holds at this moment, in the whole process.
[[nodiscard]] std::size_t openssl_bytes_in_use() noexcept;

/// Allocations and reallocations OpenSSL has asked for since the start.
[[nodiscard]] std::size_t openssl_allocations() noexcept;

}  // namespace tlsmode_tests

#endif
