// SPDX-License-Identifier: MIT
// expect: // FIX: a server names no peer: {…, transport}
#include <utility>

#include <tlsmode/tlsmode.hpp>

void test(const tlsmode::Context<tlsmode::Server>& context, tlsmode::Socket socket) {
#ifdef CONTROL
  const tlsmode::Connection connection{context, std::move(socket)};
#else
  const tlsmode::Connection connection{context, std::move(socket), tlsmode::PeerName{"example.org"}};
#endif
}
