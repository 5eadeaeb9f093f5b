// SPDX-License-Identifier: MIT
// expect: // FIX: one of the rules: using Writes = tlsmode::MovingWrites; …
#include <tlsmode/tlsmode.hpp>

struct Policy : tlsmode::Client {
#ifdef CONTROL
  using Writes = tlsmode::MovingWrites;
#else
  using Writes = tlsmode::Role;
#endif
};

using Test = tlsmode::Context<Policy>;
