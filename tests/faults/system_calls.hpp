// SPDX-License-Identifier: MIT
#ifndef TLSMODE_TESTS_FAULTS_SYSTEM_CALLS_HPP
#define TLSMODE_TESTS_FAULTS_SYSTEM_CALLS_HPP

// Between this program and the kernel: recv, send and sendmsg are defined here, count, and do less than they could.

#include <cstddef>

#include "support/unlimited.hpp"

namespace faults {

/// The calls on one descriptor, as long as this object exists; others pass untouched. One at a time.
class Watched {
 public:
  explicit Watched(int descriptor) noexcept;
  ~Watched();
  Watched(const Watched&) = delete;
  Watched& operator=(const Watched&) = delete;

  unsigned interruptions = 0;                   // how many times EINTR comes before each call is made
  std::size_t most = tlsmode_tests::unlimited;  // bytes per call
  bool every_other_blocks = false;              // with EAGAIN
  std::size_t receives = 0;                     // calls, without the interrupted ones
  std::size_t sends = 0;
  std::size_t interrupted = 0;

  /// Returns: 0 if the call is to be made; else the errno it fails with.
  [[nodiscard]] int before_call(bool receives_bytes) noexcept;
  [[nodiscard]] static Watched* of(int descriptor) noexcept;

 private:
  int descriptor_;
  unsigned interruptions_of_call_ = 0;
  bool blocks_[2] = {false, false};
};

}  // namespace faults

#endif
