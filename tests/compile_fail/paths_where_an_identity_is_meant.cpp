// SPDX-License-Identifier: MIT
// expect: // FIX: Trust::file(…), Identity::from_pem(…)
#include <tlsmode/tlsmode.hpp>

void test() {
#ifdef CONTROL
  const tlsmode::Context<tlsmode::Server> context{tlsmode::Identity::from_pem_files("chain.pem", "key.pem")};
#else
  const tlsmode::Context<tlsmode::Server> context{"chain.pem", "key.pem"};
#endif
}
