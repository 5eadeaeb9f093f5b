// SPDX-License-Identifier: MIT
// expect-gcc: candidate expects 1 argument, 2 provided
// expect-clang: requires single argument 'to', but 2 arguments were provided
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
