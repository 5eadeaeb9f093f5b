// SPDX-License-Identifier: MIT
// expect: // FIX: a handle has one owner: move it, or pass a reference
#include <utility>

#include <tlsmode/tlsmode.hpp>

void test(tlsmode::Connection<tlsmode::Client>& connection) {
#ifdef CONTROL
  const tlsmode::Connection<tlsmode::Client> copy = std::move(connection);
#else
  const tlsmode::Connection<tlsmode::Client> copy = connection;
#endif
}
