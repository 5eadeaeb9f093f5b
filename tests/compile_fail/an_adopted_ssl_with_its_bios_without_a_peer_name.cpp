// SPDX-License-Identifier: MIT
// expect: // FIX: say who the peer must be: {…, …, PeerName{"example.org"}}
#include <tlsmode/tlsmode.hpp>

using Connection = tlsmode::Connection<tlsmode::Client, tlsmode::NativeBio>;

void test(SSL* ssl) {
#ifdef CONTROL
  const Connection connection{ssl, tlsmode::PeerName{"example.org"}};
#else
  const Connection connection{ssl};
#endif
}
