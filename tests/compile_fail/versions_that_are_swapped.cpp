// SPDX-License-Identifier: MIT
// expect: min_version is above max_version. Swap them.
#include <tlsmode/tlsmode.hpp>

struct Policy : tlsmode::Client {
  static constexpr tlsmode::Version min_version = tlsmode::Version::tls1_2;
#ifdef CONTROL
  static constexpr tlsmode::Version max_version = tlsmode::Version::tls1_2;
#else
  static constexpr tlsmode::Version max_version = tlsmode::Version::tls1_1;
#endif
};

tlsmode::ModeSet test(const tlsmode::Context<Policy>& context) { return context.modes(); }
