// SPDX-License-Identifier: MIT
// expect: // FIX: say which: empty(), contains(…) or intersects(…)
#include <tlsmode/mode_set.hpp>

bool test(tlsmode::ModeSet modes) {
#ifdef CONTROL
  return !modes.empty();
#else
  return modes ? true : false;
#endif
}
