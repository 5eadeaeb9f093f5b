// SPDX-License-Identifier: MIT
// expect: // FIX: say who the peer must be: {…, …, PeerName{"example.org"}}
#include <utility>

#include <tlsmode/tlsmode.hpp>

void test(SSL* ssl, tlsmode::Socket socket) {
#ifdef CONTROL
  const tlsmode::Connection<tlsmode::Client> connection{ssl, std::move(socket), tlsmode::PeerName{"example.org"}};
#else
  const tlsmode::Connection<tlsmode::Client> connection{ssl, std::move(socket)};
#endif
}
