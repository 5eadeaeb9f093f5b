// SPDX-License-Identifier: MIT
// expect: // FIX: read into a variable: what comes is lost with a temporary
#include <string>

#include <tlsmode/tlsmode.hpp>

tlsmode::ReadResult test(tlsmode::Connection<tlsmode::Client>& connection, std::string& text) {
#ifdef CONTROL
  return connection.read(text);
#else
  text.clear();
  return connection.read(std::string(100, 'x'));
#endif
}
