// SPDX-License-Identifier: MIT
#ifndef TLSMODE_RECORD_SIZING_HPP
#define TLSMODE_RECORD_SIZING_HPP

#include <concepts>
#include <cstddef>
#include <cstdint>

#include <time.h>

namespace tlsmode {

/// Every record is as full as the policy's record_size allows: the least cost for the byte.
struct FullRecords {
  static constexpr bool is_dynamic = false;
};

/// Small records first, and again after a pause; then full ones. A record can be used only when all of it has come: one
/// that fits a segment can be used when the first segment is there, and none waits for a congestion window to open.
/// Derive and shadow to configure. A record that is committed keeps its size, whatever happens.
/// Proof: tests/unit/record_sizing_test.cpp.
struct DynamicRecords {
  static constexpr bool is_dynamic = true;

  /// Plaintext in a small record. Units: bytes; at most the policy's record_size.
  /// The default fits a segment: 1500, less 40 for IPv6, 32 for TCP with timestamps, 29 for the record.
  static constexpr std::size_t small_size = 1399;

  /// How much goes into small records before they are full ones. Units: bytes of plaintext.
  static constexpr std::size_t small_bytes = std::size_t{64} * 1024;

  /// How long nothing has to be written for records to be small again. Units: milliseconds.
  static constexpr std::uint64_t pause = 1000;

  /// The time. Units: milliseconds since any moment; never goes back. Wraps: clock_gettime(2), CLOCK_MONOTONIC.
  [[nodiscard]] static std::uint64_t now() noexcept {
    ::timespec time{};
    ::clock_gettime(CLOCK_MONOTONIC, &time);
    return static_cast<std::uint64_t>(time.tv_sec) * 1000U + static_cast<std::uint64_t>(time.tv_nsec) / 1'000'000U;
  }
};

/// How large the records of a connection are.
template <typename R>
concept RecordSizing = requires {
  { R::is_dynamic } -> std::convertible_to<bool>;
} && (!R::is_dynamic || requires {  // FIX: derive it from tlsmode::DynamicRecords
                         { R::small_size } -> std::convertible_to<std::size_t>;
                         { R::small_bytes } -> std::convertible_to<std::size_t>;
                         { R::pause } -> std::convertible_to<std::uint64_t>;
                         { R::now() } noexcept -> std::convertible_to<std::uint64_t>;
                       });

}  // namespace tlsmode

#endif
