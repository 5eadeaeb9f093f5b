// SPDX-License-Identifier: MIT
// expect: // FIX: a handle has one owner: move it, or pass a reference
#include <utility>

#include <tlsmode/tlsmode.hpp>

void test(const tlsmode::Context<tlsmode::Server>& context, tlsmode::Socket socket) {
#ifdef CONTROL
  tlsmode::Connection<tlsmode::Server> connection{context, std::move(socket)};
#else
  tlsmode::Connection<tlsmode::Server> connection{context, socket};
#endif
}
