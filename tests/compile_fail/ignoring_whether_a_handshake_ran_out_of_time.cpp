// SPDX-License-Identifier: MIT
// expect-gcc: ignoring return value of
// expect-clang: ignoring return value of
// flags: -Werror=unused-result
#include <tlsmode/poll_waiter.hpp>

void test(tlsmode::Connection<tlsmode::Client>& connection, tlsmode::PollWaiter& waiter) {
#ifdef CONTROL
  static_cast<void>(tlsmode::handshake(connection, waiter));
#else
  tlsmode::handshake(connection, waiter);
#endif
}
