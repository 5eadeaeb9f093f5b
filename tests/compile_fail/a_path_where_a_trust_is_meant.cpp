// SPDX-License-Identifier: MIT
// expect: // FIX: Trust::file(…), Identity::from_pem(…)
#include <tlsmode/tlsmode.hpp>

void test() {
#ifdef CONTROL
  const tlsmode::Context<tlsmode::Client> context{tlsmode::Trust::file("roots.pem")};
#else
  const tlsmode::Context<tlsmode::Client> context{"roots.pem"};
#endif
}
