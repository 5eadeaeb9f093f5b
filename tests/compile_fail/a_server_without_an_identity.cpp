// SPDX-License-Identifier: MIT
// expect: // FIX: a server shows a certificate: Context<Server>{Identity::from_pem_files(…)}
#include <tlsmode/tlsmode.hpp>

void test([[maybe_unused]] const tlsmode::Identity& identity) {
#ifdef CONTROL
  tlsmode::Context<tlsmode::Server> context{identity};
#else
  tlsmode::Context<tlsmode::Server> context;
#endif
}
