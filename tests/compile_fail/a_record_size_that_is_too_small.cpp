// SPDX-License-Identifier: MIT
// expect: record_size is out of range. Choose 512 to 16384 bytes of plaintext per record.
#include <cstddef>

#include <tlsmode/tlsmode.hpp>

struct Policy : tlsmode::Client {
#ifdef CONTROL
  static constexpr std::size_t record_size = 512;
#else
  static constexpr std::size_t record_size = 100;
#endif
};

tlsmode::ModeSet test(const tlsmode::Context<Policy>& context) { return context.modes(); }
