// SPDX-License-Identifier: MIT
// expect-gcc: candidate expects 1 argument, 2 provided
// expect-clang: requires single argument 'bytes', but 2 arguments were provided
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
