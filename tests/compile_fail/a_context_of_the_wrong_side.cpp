// SPDX-License-Identifier: MIT
// expect: // FIX: its policy is the context's: Connection{context, …}
#include <utility>

#include <tlsmode/tlsmode.hpp>

void test(const tlsmode::Context<tlsmode::Server>& context, tlsmode::Socket socket) {
#ifdef CONTROL
  const tlsmode::Connection<tlsmode::Server> connection{context, std::move(socket)};
#else
  const tlsmode::Connection<tlsmode::Client> connection{context, std::move(socket)};
#endif
}
