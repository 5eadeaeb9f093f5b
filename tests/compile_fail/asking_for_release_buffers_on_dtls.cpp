// SPDX-License-Identifier: MIT
// expect: release_buffers has no effect on DTLS, says the manual. Remove it from this policy's modes.
#include <tlsmode/tlsmode.hpp>

struct Policy : tlsmode::Client {
  static constexpr tlsmode::Protocol protocol = tlsmode::Protocol::dtls;
#ifndef CONTROL
  static constexpr tlsmode::ModeSet modes = tlsmode::Mode::release_buffers;
#endif
};

tlsmode::ModeSet test(const tlsmode::Context<Policy>& context) { return context.modes(); }
