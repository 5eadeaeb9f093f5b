// SPDX-License-Identifier: MIT
// expect: // FIX: a handle has one owner: move it, or pass a reference
#include <utility>

#include <tlsmode/tlsmode.hpp>

void test(tlsmode::Connection<tlsmode::Client>& to, tlsmode::Connection<tlsmode::Client>& from) {
#ifdef CONTROL
  to = std::move(from);
#else
  to = from;
#endif
}
