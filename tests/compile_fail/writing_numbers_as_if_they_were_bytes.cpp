// SPDX-License-Identifier: MIT
// expect: // FIX: bytes are std::byte, unsigned char or char: std::as_bytes(…)
#include <span>
#include <vector>

#include <tlsmode/tlsmode.hpp>

tlsmode::WriteResult test(tlsmode::Connection<tlsmode::Client>& connection, const std::vector<int>& numbers) {
#ifdef CONTROL
  return connection.write(std::as_bytes(std::span{numbers}));
#else
  return connection.write(numbers);
#endif
}
