// SPDX-License-Identifier: MIT
// expect: // FIX: name it: PeerName{"example.org"}
#include <utility>

#include <tlsmode/tlsmode.hpp>

void test(const tlsmode::Context<tlsmode::Client>& context, tlsmode::Socket socket) {
#ifdef CONTROL
  const tlsmode::Connection connection{context, std::move(socket), tlsmode::PeerName{"example.org"}};
#else
  const tlsmode::Connection connection{context, std::move(socket), "example.org"};
#endif
}
