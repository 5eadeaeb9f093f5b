// SPDX-License-Identifier: MIT
// expect: // FIX: BufferedWrites retries nothing: flush(), then write() what is new
#include <tlsmode/tlsmode.hpp>

struct Policy : tlsmode::Client {
  using Writes = tlsmode::BufferedWrites;
};

void test(tlsmode::Connection<Policy>& connection) {
#ifdef CONTROL
  static_cast<void>(connection.flush());
#else
  static_cast<void>(connection.retry());
#endif
}
