// SPDX-License-Identifier: MIT
// expect: // FIX: a literal ends in a zero byte that you do not mean: "text"sv, or a string_view
#include <string_view>

#include <tlsmode/tlsmode.hpp>

tlsmode::WriteResult test(tlsmode::Connection<tlsmode::Client>& connection) {
#ifdef CONTROL
  return connection.write(std::string_view{"text"});
#else
  return connection.write("text");
#endif
}
