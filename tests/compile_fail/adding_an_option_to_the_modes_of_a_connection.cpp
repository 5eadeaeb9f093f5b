// SPDX-License-Identifier: MIT
// expect: // FIX: name a mode: Mode::release_buffers; an SSL_OP_… is none: SSL_CTX_set_options
#include <tlsmode/tlsmode.hpp>

tlsmode::ModeSet test(tlsmode::Connection<tlsmode::Client>& connection) {
#ifdef CONTROL
  return connection.add_modes(tlsmode::Mode::release_buffers);
#else
  return connection.add_modes(SSL_OP_NO_RENEGOTIATION);
#endif
}
