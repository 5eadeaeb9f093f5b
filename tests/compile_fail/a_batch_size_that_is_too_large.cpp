// SPDX-License-Identifier: MIT
// expect: batch_size is too large. Choose at most 256 KiB.
#include <cstddef>

#include <tlsmode/tlsmode.hpp>

struct Policy : tlsmode::Client {
#ifndef CONTROL
  static constexpr std::size_t batch_size = 1 << 20;
#endif
};

tlsmode::ModeSet test(const tlsmode::Context<Policy>& context) { return context.modes(); }
