// SPDX-License-Identifier: MIT
// expect: // FIX: keep it in a variable, or use BufferedWrites
#include <string>

#include <tlsmode/tlsmode.hpp>

struct Policy : tlsmode::Client {
  using Writes = tlsmode::PartialWrites;
};

tlsmode::WriteResult test(tlsmode::Connection<Policy>& connection, std::string text) {
#ifdef CONTROL
  text += "!";
  return connection.write(text);
#else
  return connection.write(text + "!");
#endif
}
