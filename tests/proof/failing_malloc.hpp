// SPDX-License-Identifier: MIT
#ifndef TLSMODE_TESTS_PROOF_FAILING_MALLOC_HPP
#define TLSMODE_TESTS_PROOF_FAILING_MALLOC_HPP

// A malloc that fails when it is told to. It stands behind everything: OpenSSL, operator new, the library itself.

#include <cstddef>

namespace tlsmode_tests {

/// While it exists, counts the allocations of this program, and fails the one with number `fail_at` (from 1; 0: none).
class FailingMalloc {
 public:
  explicit FailingMalloc(std::size_t fail_at) noexcept;
  ~FailingMalloc();
  FailingMalloc(const FailingMalloc&) = delete;
  FailingMalloc& operator=(const FailingMalloc&) = delete;

  [[nodiscard]] static std::size_t count() noexcept;  // allocations while it existed
  [[nodiscard]] static long alive() noexcept;         // allocations that were not freed yet, of the whole program
};

/// While it exists, allocations are neither counted nor failed: for what a test does itself.
class SpareAllocations {
 public:
  SpareAllocations() noexcept;
  ~SpareAllocations();
  SpareAllocations(const SpareAllocations&) = delete;
  SpareAllocations& operator=(const SpareAllocations&) = delete;

 private:
  bool armed_;
};

}  // namespace tlsmode_tests

#endif
