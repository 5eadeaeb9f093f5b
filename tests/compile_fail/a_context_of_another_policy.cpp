// SPDX-License-Identifier: MIT
// expect-gcc: ‘const tlsmode::Context<Proxy>&’
// expect-clang: no known conversion from 'const Context<tlsmode::Server>' to 'const Context<Proxy>'
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
