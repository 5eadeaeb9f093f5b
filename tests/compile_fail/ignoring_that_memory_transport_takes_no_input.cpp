// SPDX-License-Identifier: MIT
// expect: ignoring return value of
// flags: -Werror=unused-result
#include <cstddef>
#include <span>

#include <tlsmode/tlsmode.hpp>

void test(tlsmode::MemoryTransport& transport, std::span<const std::byte> bytes) {
#ifdef CONTROL
  static_cast<void>(transport.add_input(bytes));
#else
  transport.add_input(bytes);
#endif
}
