// SPDX-License-Identifier: MIT
// expect: // FIX: name the modes: Mode::release_buffers | …; a mask of OpenSSL's: ModeSet::from_bits
#include <cstdint>

#include <tlsmode/mode_set.hpp>

tlsmode::ModeSet test(std::uint32_t mask) {
#ifdef CONTROL
  return tlsmode::ModeSet::from_bits(mask);
#else
  return mask;
#endif
}
