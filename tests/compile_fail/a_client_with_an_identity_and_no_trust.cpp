// SPDX-License-Identifier: MIT
// expect: // FIX: a client may have an identity, but needs a trust first: {trust, identity}
#include <tlsmode/tlsmode.hpp>

void test(const tlsmode::Identity& identity) {
#ifdef CONTROL
  tlsmode::Context<tlsmode::Client> context{tlsmode::Trust::system(), identity};
#else
  tlsmode::Context<tlsmode::Client> context{identity};
#endif
}
