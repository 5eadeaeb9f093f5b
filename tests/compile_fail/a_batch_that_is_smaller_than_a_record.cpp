// SPDX-License-Identifier: MIT
// expect: batch_size is less than one record. Raise it, or lower record_size.
#include <cstddef>

#include <tlsmode/tlsmode.hpp>

struct Policy : tlsmode::Client {
#ifdef CONTROL
  static constexpr std::size_t batch_size = 16384;
#else
  static constexpr std::size_t batch_size = 4096;
#endif
};

tlsmode::ModeSet test(const tlsmode::Context<Policy>& context) { return context.modes(); }
