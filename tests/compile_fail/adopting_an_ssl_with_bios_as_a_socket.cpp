// SPDX-License-Identifier: MIT
// expect: // FIX: Connection<Policy, NativeBio>{ssl} keeps the BIOs of ssl
#include <tlsmode/tlsmode.hpp>

void test(SSL* ssl) {
#ifdef CONTROL
  const tlsmode::Connection<tlsmode::Server, tlsmode::NativeBio> connection{ssl};
#else
  const tlsmode::Connection<tlsmode::Server> connection{ssl};
#endif
}
