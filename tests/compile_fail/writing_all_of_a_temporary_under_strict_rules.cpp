// SPDX-License-Identifier: MIT
// expect: // FIX: keep it in a variable, or use BufferedWrites
#include <string>

#include <tlsmode/poll_waiter.hpp>

tlsmode::WaitResult test(tlsmode::Connection<tlsmode::Client>& connection, tlsmode::PollWaiter& waiter,
                         std::string& text) {
#ifdef CONTROL
  text += "!";
  return tlsmode::write_all(connection, text, waiter);
#else
  return tlsmode::write_all(connection, text + "!", waiter);
#endif
}
