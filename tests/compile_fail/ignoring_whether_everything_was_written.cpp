// SPDX-License-Identifier: MIT
// expect-gcc: ignoring return value of
// expect-clang: ignoring return value of
// flags: -Werror=unused-result
#include <string_view>

#include <tlsmode/poll_waiter.hpp>

void test(tlsmode::Connection<tlsmode::Client>& connection, tlsmode::PollWaiter& waiter, std::string_view text) {
#ifdef CONTROL
  static_cast<void>(tlsmode::write_all(connection, text, waiter));
#else
  tlsmode::write_all(connection, text, waiter);
#endif
}
