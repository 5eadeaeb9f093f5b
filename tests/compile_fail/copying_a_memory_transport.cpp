// SPDX-License-Identifier: MIT
// expect: // FIX: a handle has one owner: move it, or pass a reference
#include <utility>

#include <tlsmode/tlsmode.hpp>

void test(tlsmode::MemoryTransport& original) {
#ifdef CONTROL
  const tlsmode::MemoryTransport copy = std::move(original);
#else
  const tlsmode::MemoryTransport copy = original;
#endif
}
