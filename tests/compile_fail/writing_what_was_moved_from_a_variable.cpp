// SPDX-License-Identifier: MIT
// expect: // FIX: keep it in a variable, or use BufferedWrites
#include <string>
#include <utility>

#include <tlsmode/tlsmode.hpp>

tlsmode::WriteResult test(tlsmode::Connection<tlsmode::Client>& connection, std::string& text) {
#ifdef CONTROL
  return connection.write(text);
#else
  return connection.write(std::move(text));
#endif
}
