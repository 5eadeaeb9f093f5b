// SPDX-License-Identifier: MIT
// expect: // FIX: read into bytes that may change: span<std::byte>, …
#include <string>
#include <utility>

#include <tlsmode/tlsmode.hpp>

tlsmode::ReadResult test(tlsmode::Connection<tlsmode::Client>& connection, std::string& text) {
#ifdef CONTROL
  return connection.read(text);
#else
  return connection.read(std::as_const(text));
#endif
}
