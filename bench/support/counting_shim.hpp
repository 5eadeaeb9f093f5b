// SPDX-License-Identifier: MIT
// What the preloaded shim counts, and how a program finds it.
#ifndef TLSMODE_BENCH_SUPPORT_COUNTING_SHIM_HPP
#define TLSMODE_BENCH_SUPPORT_COUNTING_SHIM_HPP

#include <cstdint>

namespace bench {

struct Counts {
  std::uint64_t receives = 0;     // read, readv, recv, recvfrom, recvmsg
  std::uint64_t sends = 0;        // write, writev, send, sendto, sendmsg
  std::uint64_t waits = 0;        // poll, ppoll, select, epoll_wait, epoll_pwait
  std::uint64_t controls = 0;     // epoll_ctl
  std::uint64_t allocations = 0;  // malloc, calloc, realloc, aligned_alloc and kin
  std::uint64_t held_bytes = 0;   // allocated and not freed, as malloc_usable_size counts; a difference may be negative

  [[nodiscard]] std::uint64_t system_calls() const noexcept { return receives + sends + waits + controls; }

  Counts operator-(const Counts& earlier) const noexcept {
    return {receives - earlier.receives,
            sends - earlier.sends,
            waits - earlier.waits,
            controls - earlier.controls,
            allocations - earlier.allocations,
            held_bytes - earlier.held_bytes};
  }
};

/// This thread's counts; null when the shim is not loaded.
const Counts* shim_counts();

}  // namespace bench

#endif
