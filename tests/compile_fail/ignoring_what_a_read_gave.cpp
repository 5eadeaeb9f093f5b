// SPDX-License-Identifier: MIT
// expect: its status says whether to wait, and its bytes how many were read
// flags: -Werror=unused-result
#include <string>

#include <tlsmode/tlsmode.hpp>

void test(tlsmode::Connection<tlsmode::Client>& connection, std::string& text) {
#ifdef CONTROL
  static_cast<void>(connection.read(text));
#else
  connection.read(text);
#endif
}
