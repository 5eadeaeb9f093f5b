// SPDX-License-Identifier: MIT
// expect: // FIX: Verification::chain_and_name, …
#include <tlsmode/tlsmode.hpp>

struct Policy : tlsmode::Client {
#ifdef CONTROL
  static constexpr auto verification = tlsmode::Verification::chain_and_name;
#else
  static constexpr auto verification = true;
#endif
};

using Test = tlsmode::Context<Policy>;
