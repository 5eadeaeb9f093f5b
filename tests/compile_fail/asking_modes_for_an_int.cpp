// SPDX-License-Identifier: MIT
// expect: // FIX: name the modes: Mode::release_buffers | …; a mask of OpenSSL's: ModeSet::from_bits
#include <tlsmode/tlsmode.hpp>

bool test(tlsmode::ModeSet modes) {
#ifdef CONTROL
  return modes.contains(tlsmode::Mode::release_buffers);
#else
  return modes.contains(SSL_MODE_RELEASE_BUFFERS);
#endif
}
