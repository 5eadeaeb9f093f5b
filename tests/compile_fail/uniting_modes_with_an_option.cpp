// SPDX-License-Identifier: MIT
// expect: // FIX: name the modes: Mode::release_buffers | …; a mask of OpenSSL's: ModeSet::from_bits
#include <tlsmode/tlsmode.hpp>

tlsmode::ModeSet test() {
#ifdef CONTROL
  return tlsmode::ModeSet{tlsmode::Mode::release_buffers} | tlsmode::Mode::async;
#else
  return tlsmode::ModeSet{tlsmode::Mode::release_buffers} | SSL_OP_NO_TICKET;
#endif
}
