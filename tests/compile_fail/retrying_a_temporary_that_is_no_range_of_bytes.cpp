// SPDX-License-Identifier: MIT
// expect: // FIX: bytes are std::byte, unsigned char or char: std::as_bytes(…)
#include <span>
#include <vector>

#include <tlsmode/tlsmode.hpp>

struct Policy : tlsmode::Server {
  using Writes = tlsmode::PartialMovingWrites;
};

tlsmode::WriteResult test(tlsmode::Connection<Policy>& connection, const std::vector<int>& numbers) {
#ifdef CONTROL
  return connection.retry(std::as_bytes(std::span{numbers}));
#else
  return connection.retry(numbers);
#endif
}
