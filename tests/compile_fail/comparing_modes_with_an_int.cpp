// SPDX-License-Identifier: MIT
// expect: // FIX: name the modes: Mode::release_buffers | …; a mask of OpenSSL's: ModeSet::from_bits
#include <tlsmode/mode_set.hpp>

bool test(tlsmode::ModeSet modes) {
#ifdef CONTROL
  return modes == tlsmode::Mode::release_buffers;
#else
  return modes == 0x10;
#endif
}
