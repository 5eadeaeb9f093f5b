// SPDX-License-Identifier: MIT
// expect: // FIX: say who the peer must be: {…, …, PeerName{"example.org"}}
#include <utility>

#include <tlsmode/tlsmode.hpp>

void test(const tlsmode::Context<tlsmode::Client>& context, tlsmode::Socket socket) {
#ifdef CONTROL
  tlsmode::Connection connection{context, std::move(socket), tlsmode::PeerName{"example.org"}};
#else
  tlsmode::Connection connection{context, std::move(socket)};
#endif
}
