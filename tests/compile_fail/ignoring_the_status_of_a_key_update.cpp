// SPDX-License-Identifier: MIT
// expect: it says whether to call again, and what to wait for
// flags: -Werror=unused-result
#include <tlsmode/tlsmode.hpp>

void test(tlsmode::Connection<tlsmode::Client>& connection) {
#ifdef CONTROL
  static_cast<void>(connection.update_keys());
#else
  connection.update_keys();
#endif
}
