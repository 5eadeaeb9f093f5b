// SPDX-License-Identifier: MIT
// expect: // FIX: a handle has one owner: move it, or pass a reference
#include <utility>

#include <tlsmode/tlsmode.hpp>

void test(tlsmode::Socket& original) {
#ifdef CONTROL
  const tlsmode::Socket copy = std::move(original);
#else
  const tlsmode::Socket copy = original;
#endif
}
