// SPDX-License-Identifier: MIT
// expect: // FIX: read into bytes that may change: span<std::byte>, …
#include <span>
#include <string>
#include <string_view>

#include <tlsmode/tlsmode.hpp>

tlsmode::ReadResult test(tlsmode::Connection<tlsmode::Client>& connection, std::string& text) {
#ifdef CONTROL
  return connection.read(std::span{text});
#else
  return connection.read(std::string_view{text});
#endif
}
