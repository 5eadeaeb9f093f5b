// SPDX-License-Identifier: MIT
// expect: // FIX: one range: read(std::span{data, size})
#include <cstddef>
#include <span>

#include <tlsmode/tlsmode.hpp>

tlsmode::ReadResult test(tlsmode::Connection<tlsmode::Client>& connection, char* data, std::size_t size) {
#ifdef CONTROL
  return connection.read(std::span{data, size});
#else
  return connection.read(data, size);
#endif
}
