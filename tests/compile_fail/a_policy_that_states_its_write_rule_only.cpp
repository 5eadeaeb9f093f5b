// SPDX-License-Identifier: MIT
// expect: // FIX: derive the policy from tlsmode::Client or tlsmode::Server
#include <tlsmode/tlsmode.hpp>

#ifdef CONTROL
struct Policy : tlsmode::Client {
#else
struct Policy {
#endif
  using Writes = tlsmode::MovingWrites;
};

using Test = tlsmode::Context<Policy>;
