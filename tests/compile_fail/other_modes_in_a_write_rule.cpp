// SPDX-License-Identifier: MIT
// expect: // FIX: other modes go into the policy's `modes`, not into its Writes
#include <tlsmode/tlsmode.hpp>

struct Rule {
#ifdef CONTROL
  static constexpr tlsmode::ModeSet modes{};
#else
  static constexpr tlsmode::ModeSet modes = tlsmode::Mode::release_buffers;
#endif
};

struct Policy : tlsmode::Client {
  using Writes = Rule;
};

using Test = tlsmode::Context<Policy>;
