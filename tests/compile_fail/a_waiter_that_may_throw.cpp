// SPDX-License-Identifier: MIT
// expect: // FIX: PollWaiter{connection.transport(), timeout}
#include <tlsmode/wait.hpp>

struct MyWaiter {
#ifdef CONTROL
  tlsmode::WaitStatus wait(tlsmode::Readiness readiness) noexcept;
#else
  tlsmode::WaitStatus wait(tlsmode::Readiness readiness);
#endif
};

tlsmode::WaitStatus test(tlsmode::Connection<tlsmode::Client>& connection, MyWaiter& waiter) {
  return tlsmode::handshake(connection, waiter);
}
