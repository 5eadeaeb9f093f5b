// SPDX-License-Identifier: MIT
// expect: // FIX: its policy is the context's: Connection{context, …}
#include <utility>

#include <tlsmode/tlsmode.hpp>

struct Proxy : tlsmode::Server {
  using Writes = tlsmode::MovingWrites;
};

void test(const tlsmode::Context<tlsmode::Server>& context, tlsmode::Socket socket) {
#ifdef CONTROL
  const tlsmode::Connection connection{context, std::move(socket)};
#else
  const tlsmode::Connection<Proxy> connection{context, std::move(socket)};
#endif
}
