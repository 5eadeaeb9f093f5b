// SPDX-License-Identifier: MIT
#ifndef TLSMODE_TESTS_SUPPORT_HEAP_MEMORY_HPP
#define TLSMODE_TESTS_SUPPORT_HEAP_MEMORY_HPP

#include <cstddef>

#include <malloc.h>

namespace tlsmode_tests {

/// Bytes that malloc has given out, by glibc's own account. Small blocks that were freed may still count: look at large
/// ones. Where glibc's malloc is replaced, by a sanitizer perhaps, the figure stands still, and such tests see nothing.
[[nodiscard]] inline std::size_t heap_bytes_in_use() noexcept {
#if defined(__GLIBC_PREREQ) && __GLIBC_PREREQ(2, 33)
  const struct ::mallinfo2 heap = ::mallinfo2();
  return heap.uordblks + heap.hblkhd;
#else
  return 0;
#endif
}

}  // namespace tlsmode_tests

#endif
