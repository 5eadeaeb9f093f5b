// SPDX-License-Identifier: MIT
// What a process has used up to now. Differences of two of these are the figures.
#ifndef TLSMODE_BENCH_SUPPORT_USAGE_HPP
#define TLSMODE_BENCH_SUPPORT_USAGE_HPP

#include <cstdint>

#include "counting_shim.hpp"

namespace bench {

struct Usage {
  double wall = 0;  // seconds
  double cpu = 0;   // seconds, user + system, of this process
  Counts counts;    // all zero without the shim

  static Usage now();
  Usage operator-(const Usage& earlier) const noexcept {
    return {wall - earlier.wall, cpu - earlier.cpu, counts - earlier.counts};
  }
};

/// Private_Dirty of the whole process, KiB.
std::uint64_t private_kib();

/// Bytes that TCP has sent on this socket, each counted once.
std::uint64_t wire_bytes_sent(int descriptor);

void raise_descriptor_limit(std::uint64_t needed);

/// Binds this process to the `index`-th of the processors it may use.
void pin_to_core(unsigned index);

}  // namespace bench

#endif
