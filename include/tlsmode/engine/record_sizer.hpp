// SPDX-License-Identifier: MIT
#ifndef TLSMODE_ENGINE_RECORD_SIZER_HPP
#define TLSMODE_ENGINE_RECORD_SIZER_HPP

#include <cstddef>
#include <cstdint>

#include <tlsmode/policy.hpp>

namespace tlsmode::engine {

/// Says how much plaintext goes into the next record of a connection.
template <PolicyType Policy>
class RecordSizer {
 public:
  void begin_commit() noexcept {}
  [[nodiscard]] static constexpr std::size_t size() noexcept { return Policy::record_size; }
  void note(std::size_t) noexcept {}
};

template <PolicyType Policy>
  requires Policy::Records::is_dynamic
class RecordSizer<Policy> {
  using Records = typename Policy::Records;

 public:
  void begin_commit() noexcept {
    const std::uint64_t now = Records::now();
    if (now - last_commit_ >= Records::pause) {
      small_bytes_ = 0;
    }
    last_commit_ = now;
  }
  [[nodiscard]] std::size_t size() const noexcept {
    return small_bytes_ < Records::small_bytes ? Records::small_size : Policy::record_size;
  }
  /// `bytes` are committed. Those of full records need not be counted.
  void note(std::size_t bytes) noexcept {
    if (small_bytes_ < Records::small_bytes) {
      small_bytes_ += bytes;
    }
  }

 private:
  std::uint64_t last_commit_ = 0;
  std::size_t small_bytes_ = 0;  // since the last pause
};

}  // namespace tlsmode::engine

#endif
