// SPDX-License-Identifier: MIT
// expect: small_size is out of range. Choose 1 byte up to the policy's record_size.
#include <cstddef>

#include <tlsmode/tlsmode.hpp>

struct Records : tlsmode::DynamicRecords {
#ifndef CONTROL
  static constexpr std::size_t small_size = 20'000;
#endif
};

struct Policy : tlsmode::Client {
  using Records = ::Records;
};

tlsmode::ModeSet test(const tlsmode::Context<Policy>& context) { return context.modes(); }
