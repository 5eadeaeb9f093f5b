// SPDX-License-Identifier: MIT
// expect: // FIX: one range: write(std::span{data, size})
#include <cstddef>
#include <span>

#include <tlsmode/tlsmode.hpp>

tlsmode::WriteResult test(tlsmode::Connection<tlsmode::Client>& connection, const char* data, std::size_t size) {
#ifdef CONTROL
  return connection.write(std::span{data, size});
#else
  return connection.write(data, size);
#endif
}
