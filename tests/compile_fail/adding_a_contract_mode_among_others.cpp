// SPDX-License-Identifier: MIT
// expect: this_mode_belongs_to_the_write_policy
// expect: // FIX: state it in the policy: using Writes = MovingWrites; …
#include <tlsmode/tlsmode.hpp>

tlsmode::ModeSet test(tlsmode::Context<tlsmode::Client>& context) {
#ifdef CONTROL
  return context.add_modes(tlsmode::Mode::release_buffers | tlsmode::Mode::send_fallback_scsv);
#else
  return context.add_modes(tlsmode::Mode::release_buffers | tlsmode::Mode::enable_partial_write);
#endif
}
