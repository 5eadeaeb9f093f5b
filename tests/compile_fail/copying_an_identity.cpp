// SPDX-License-Identifier: MIT
// expect: // FIX: one owner a handle: move it, or pass a reference
#include <utility>

#include <tlsmode/tlsmode.hpp>

void test(tlsmode::Identity& original) {
#ifdef CONTROL
  const tlsmode::Identity copy = std::move(original);
#else
  const tlsmode::Identity copy = original;
#endif
}
