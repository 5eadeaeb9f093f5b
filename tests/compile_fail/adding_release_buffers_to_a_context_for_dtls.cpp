// SPDX-License-Identifier: MIT
// expect: release_buffers_has_no_effect_on_dtls
// expect: // FIX: leave Mode::release_buffers out
#include <tlsmode/tlsmode.hpp>

struct Policy : tlsmode::Client {
  static constexpr tlsmode::Protocol protocol = tlsmode::Protocol::dtls;
};

tlsmode::ModeSet test(tlsmode::Context<Policy>& context) {
#ifdef CONTROL
  return context.add_modes(tlsmode::Mode::no_auto_chain);
#else
  return context.add_modes(tlsmode::Mode::release_buffers);
#endif
}
