// SPDX-License-Identifier: MIT
// expect: // FIX: say what you mean: (a | b) - (a & b)
#include <tlsmode/mode_set.hpp>

tlsmode::ModeSet test(tlsmode::ModeSet a, tlsmode::ModeSet b) {
#ifdef CONTROL
  return (a | b) - (a & b);
#else
  return a ^ b;
#endif
}
