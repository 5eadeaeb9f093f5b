// SPDX-License-Identifier: MIT
// expect: // FIX: read into a variable: what comes is lost with a temporary
#include <string>

#include <tlsmode/poll_waiter.hpp>

tlsmode::WaitResult test(tlsmode::Connection<tlsmode::Client>& connection, tlsmode::PollWaiter& waiter,
                         std::string& text) {
#ifdef CONTROL
  return tlsmode::read_exactly(connection, text, waiter);
#else
  text.clear();
  return tlsmode::read_exactly(connection, std::string(100, 'x'), waiter);
#endif
}
