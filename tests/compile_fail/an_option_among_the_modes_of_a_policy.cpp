// SPDX-License-Identifier: MIT
// expect: // FIX: name the modes: Mode::release_buffers | …; a mask of OpenSSL's: ModeSet::from_bits
#include <tlsmode/tlsmode.hpp>

struct Policy : tlsmode::Client {
#ifdef CONTROL
  static constexpr tlsmode::ModeSet modes = tlsmode::Mode::release_buffers;
#else
  static constexpr tlsmode::ModeSet modes = SSL_OP_NO_TICKET;
#endif
};
