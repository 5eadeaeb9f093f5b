// SPDX-License-Identifier: MIT
// expect: its status says whether to wait, and its bytes how many were taken
// flags: -Werror=unused-result
#include <string_view>

#include <tlsmode/tlsmode.hpp>

void test(tlsmode::Connection<tlsmode::Client>& connection, std::string_view text) {
#ifdef CONTROL
  static_cast<void>(connection.write(text));
#else
  connection.write(text);
#endif
}
