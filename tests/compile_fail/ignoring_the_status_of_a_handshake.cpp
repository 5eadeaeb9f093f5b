// SPDX-License-Identifier: MIT
// expect: it says whether to call again, and what to wait for
// flags: -Werror=unused-result
#include <tlsmode/tlsmode.hpp>

void test(tlsmode::Connection<tlsmode::Client>& connection) {
#ifdef CONTROL
  static_cast<void>(connection.handshake());
#else
  connection.handshake();
#endif
}
