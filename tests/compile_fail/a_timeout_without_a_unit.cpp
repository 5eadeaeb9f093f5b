// SPDX-License-Identifier: MIT
// expect: // FIX: say the unit: std::chrono::milliseconds{5000}
#include <chrono>

#include <tlsmode/poll_waiter.hpp>

void test(const tlsmode::Socket& socket) {
#ifdef CONTROL
  const tlsmode::PollWaiter waiter{socket, std::chrono::milliseconds{5000}};
#else
  const tlsmode::PollWaiter waiter{socket, 5000};
#endif
}
