// SPDX-License-Identifier: MIT
// expect: kernel TLS is in a header of its own. Include <tlsmode/kernel_tls.hpp>.
// flags-gcc: -fmax-errors=1
// flags-clang: -ferror-limit=1
#ifdef CONTROL
#include <tlsmode/kernel_tls.hpp>
#else
#include <tlsmode/tlsmode.hpp>
#endif

struct Policy : tlsmode::Server {
  static constexpr bool kernel_tls = true;
};

using Connection = tlsmode::Connection<Policy, tlsmode::NativeBio>;
tlsmode::ModeSet test(const Connection& connection) { return connection.modes(); }
