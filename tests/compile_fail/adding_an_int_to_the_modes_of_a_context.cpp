// SPDX-License-Identifier: MIT
// expect: // FIX: name a mode: Mode::release_buffers; an SSL_OP_… is none: SSL_CTX_set_options
#include <tlsmode/tlsmode.hpp>

tlsmode::ModeSet test(tlsmode::Context<tlsmode::Client>& context) {
#ifdef CONTROL
  return context.add_modes(tlsmode::Mode::release_buffers);
#else
  return context.add_modes(0x10);
#endif
}
