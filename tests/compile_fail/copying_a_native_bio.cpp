// SPDX-License-Identifier: MIT
// expect: // FIX: a handle has one owner: move it, or pass a reference
#include <utility>

#include <tlsmode/tlsmode.hpp>

void test(tlsmode::NativeBio& original) {
#ifdef CONTROL
  const tlsmode::NativeBio copy = std::move(original);
#else
  const tlsmode::NativeBio copy = original;
#endif
}
