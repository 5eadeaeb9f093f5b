// SPDX-License-Identifier: MIT
// expect: // FIX: a client may have an identity, but needs a trust first: {trust, identity}
#include <tlsmode/tlsmode.hpp>

void test(const tlsmode::Identity& identity, const tlsmode::Trust& trust) {
#ifdef CONTROL
  const tlsmode::Context<tlsmode::Client> context{trust, identity};
#else
  const tlsmode::Context<tlsmode::Client> context{identity, trust};
#endif
}
