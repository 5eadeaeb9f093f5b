// SPDX-License-Identifier: MIT
// expect: // FIX: a handle has one owner: move it, or pass a reference
#include <utility>

#include <tlsmode/tlsmode.hpp>

void test(tlsmode::Identity& original) {
#ifdef CONTROL
  const tlsmode::Identity copy = std::move(original);
#else
  const tlsmode::Identity copy = original;
#endif
}
