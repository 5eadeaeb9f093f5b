// SPDX-License-Identifier: MIT
// expect-gcc: // FIX: Socket{fd}, or a noexcept receive(span)
// expect-clang: to 'const PeerName' for 3rd argument
#include <utility>

#include <tlsmode/tlsmode.hpp>

void test(const tlsmode::Context<tlsmode::Client>& context, tlsmode::Socket socket) {
#ifdef CONTROL
  const tlsmode::Connection connection{context, std::move(socket), tlsmode::PeerName{"example.org"}};
#else
  const tlsmode::Connection connection{context, tlsmode::PeerName{"example.org"}, std::move(socket)};
#endif
}
