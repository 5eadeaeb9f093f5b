// SPDX-License-Identifier: MIT
// expect: // FIX: choose these with `using Writes = MovingWrites;` and its kin
#include <tlsmode/tlsmode.hpp>

struct Policy : tlsmode::Client {
#ifdef CONTROL
  using Writes = tlsmode::PartialWrites;
#else
  static constexpr tlsmode::ModeSet modes = tlsmode::Mode::enable_partial_write;
#endif
};

using Test = tlsmode::Context<Policy>;
