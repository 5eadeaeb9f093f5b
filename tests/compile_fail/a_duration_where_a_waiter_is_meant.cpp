// SPDX-License-Identifier: MIT
// expect: // FIX: PollWaiter{connection.transport(), timeout}
#include <chrono>

#include <tlsmode/poll_waiter.hpp>

tlsmode::WaitStatus test(tlsmode::Connection<tlsmode::Client>& connection) {
#ifdef CONTROL
  return tlsmode::handshake(connection, tlsmode::PollWaiter{connection.transport(), std::chrono::seconds{5}});
#else
  return tlsmode::handshake(connection, std::chrono::seconds{5});
#endif
}
