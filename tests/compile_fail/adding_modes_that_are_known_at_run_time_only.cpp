// SPDX-License-Identifier: MIT
// expect-gcc: ‘modes’ is not a constant expression
// expect-clang: is not a constant expression
#include <tlsmode/tlsmode.hpp>

tlsmode::ModeSet test(tlsmode::Context<tlsmode::Client>& context, tlsmode::ModeSet modes) {
#ifdef CONTROL
  static_cast<void>(modes);
  return context.add_modes(tlsmode::Mode::release_buffers);
#else
  return context.add_modes(modes);
#endif
}
