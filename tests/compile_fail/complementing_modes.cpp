// SPDX-License-Identifier: MIT
// expect: // FIX: say what to take away: set - Mode::release_buffers
#include <tlsmode/mode_set.hpp>

tlsmode::ModeSet test(tlsmode::ModeSet modes) {
#ifdef CONTROL
  return modes - tlsmode::Mode::release_buffers;
#else
  return modes & ~tlsmode::ModeSet{tlsmode::Mode::release_buffers};
#endif
}
