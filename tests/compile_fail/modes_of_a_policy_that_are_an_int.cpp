// SPDX-License-Identifier: MIT
// expect: // FIX: static constexpr ModeSet modes = Mode::release_buffers | …;
#include <tlsmode/tlsmode.hpp>

struct Policy : tlsmode::Client {
#ifdef CONTROL
  static constexpr auto modes = tlsmode::Mode::release_buffers;
#else
  static constexpr auto modes = SSL_MODE_RELEASE_BUFFERS;
#endif
};

using Test = tlsmode::Context<Policy>;
