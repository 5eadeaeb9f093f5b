// SPDX-License-Identifier: MIT
// expect: ignoring return value of
// flags: -Werror=unused-result
#include <tlsmode/tlsmode.hpp>

void test(tlsmode::Socket& socket) {
#ifdef CONTROL
  static_cast<void>(socket.release());
#else
  socket.release();
#endif
}
