// SPDX-License-Identifier: MIT
// expect: // FIX: Version::tls1_2, …
#include <tlsmode/tlsmode.hpp>

struct Policy : tlsmode::Client {
#ifdef CONTROL
  static constexpr auto min_version = tlsmode::Version::tls1_2;
#else
  static constexpr auto min_version = TLS1_2_VERSION;
#endif
};

using Test = tlsmode::Context<Policy>;
