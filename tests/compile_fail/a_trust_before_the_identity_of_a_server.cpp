// SPDX-License-Identifier: MIT
// expect: // FIX: a server shows a certificate: Context<Server>{Identity::from_pem_files(…)}
#include <tlsmode/tlsmode.hpp>

void test(const tlsmode::Identity& identity, const tlsmode::Trust& trust) {
#ifdef CONTROL
  const tlsmode::Context<tlsmode::Server> context{identity, trust};
#else
  const tlsmode::Context<tlsmode::Server> context{trust, identity};
#endif
}
