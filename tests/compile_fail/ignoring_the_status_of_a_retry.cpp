// SPDX-License-Identifier: MIT
// expect: its status says whether to wait, and its bytes how many were taken
// flags: -Werror=unused-result
#include <tlsmode/tlsmode.hpp>

void test(tlsmode::Connection<tlsmode::Client>& connection) {
#ifdef CONTROL
  static_cast<void>(connection.retry());
#else
  connection.retry();
#endif
}
