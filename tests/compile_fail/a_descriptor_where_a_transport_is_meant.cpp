// SPDX-License-Identifier: MIT
// expect: // FIX: wrap the descriptor: Socket{descriptor}
#include <tlsmode/tlsmode.hpp>

void test(const tlsmode::Context<tlsmode::Client>& context, int descriptor) {
#ifdef CONTROL
  const tlsmode::Connection connection{context, tlsmode::Socket{descriptor}, tlsmode::PeerName{"example.org"}};
#else
  const tlsmode::Connection connection{context, descriptor, tlsmode::PeerName{"example.org"}};
#endif
}
