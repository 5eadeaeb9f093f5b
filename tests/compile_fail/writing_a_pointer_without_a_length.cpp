// SPDX-License-Identifier: MIT
// expect: // FIX: a range of bytes: std::span{data, size}, …
#include <string_view>

#include <tlsmode/tlsmode.hpp>

tlsmode::WriteResult test(tlsmode::Connection<tlsmode::Client>& connection, const char* text) {
#ifdef CONTROL
  return connection.write(std::string_view{text});
#else
  return connection.write(text);
#endif
}
