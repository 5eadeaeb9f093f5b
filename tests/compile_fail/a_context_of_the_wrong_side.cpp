// SPDX-License-Identifier: MIT
// expect-gcc: no matching function for call to ‘tlsmode::Connection<tlsmode::Client>::Connection(
// expect-clang: no known conversion from 'const Context<tlsmode::Server>' to 'const Context<tlsmode::Client>'
#include <utility>

#include <tlsmode/tlsmode.hpp>

void test(const tlsmode::Context<tlsmode::Server>& context, tlsmode::Socket socket) {
#ifdef CONTROL
  const tlsmode::Connection<tlsmode::Server> connection{context, std::move(socket)};
#else
  const tlsmode::Connection<tlsmode::Client> connection{context, std::move(socket)};
#endif
}
