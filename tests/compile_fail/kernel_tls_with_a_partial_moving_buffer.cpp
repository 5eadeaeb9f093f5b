// SPDX-License-Identifier: MIT
// expect: kernel TLS keeps the address of a blocked write. Use StrictWrites, PartialWrites or BufferedWrites.
#include <tlsmode/kernel_tls.hpp>

struct Policy : tlsmode::Server {
#ifdef CONTROL
  using Writes = tlsmode::PartialWrites;
#else
  using Writes = tlsmode::PartialMovingWrites;
#endif
  static constexpr bool kernel_tls = true;
};

void test(SSL* ssl) { const tlsmode::Connection<Policy, tlsmode::NativeBio> connection{ssl}; }
