// SPDX-License-Identifier: MIT
// expect: // FIX: a handle has one owner: move it, or pass a reference
#include <utility>

#include <tlsmode/tlsmode.hpp>

void test(tlsmode::Trust& original) {
#ifdef CONTROL
  const tlsmode::Trust copy = std::move(original);
#else
  const tlsmode::Trust copy = original;
#endif
}
