// SPDX-License-Identifier: MIT
// expect: kernel TLS keeps the address of a blocked write. Use StrictWrites, PartialWrites or BufferedWrites.
#include <tlsmode/kernel_tls.hpp>
#include <tlsmode/tlsmode.hpp>

struct Policy : tlsmode::Client {
  static constexpr bool kernel_tls = true;
#ifndef CONTROL
  using Writes = tlsmode::MovingWrites;
#endif
};

tlsmode::ModeSet test(const tlsmode::Context<Policy>& context) { return context.modes(); }
