// SPDX-License-Identifier: MIT
#ifndef TLSMODE_WRITE_RULES_HPP
#define TLSMODE_WRITE_RULES_HPP

#include <concepts>

#include <tlsmode/mode_set.hpp>

namespace tlsmode {

/// OpenSSL's default rule: a write is reported when all of it has left, and a blocked one stays where it is.
/// After a block: retry(), without arguments.
struct StrictWrites {
  static constexpr ModeSet modes{};
};

/// A write may be reported when a part of it has left; a blocked one stays where it is. After a block: retry().
struct PartialWrites {
  static constexpr ModeSet modes = Mode::enable_partial_write;
};

/// A write is reported when all of it has left; a blocked one may be retried from elsewhere. After a block: retry(span).
struct MovingWrites {
  static constexpr ModeSet modes = Mode::accept_moving_write_buffer;
};

/// Both: the closest to write(2). After a block: retry(span).
struct PartialMovingWrites {
  static constexpr ModeSet modes = Mode::enable_partial_write | Mode::accept_moving_write_buffer;
};

/// The library owns what is pending: any bytes may be written, none have to be kept, nothing is ever retried.
/// What is gathered leaves by a full record, flush(), a read that finds nothing or may wait, shutdown(), update_keys().
struct BufferedWrites {
  static constexpr ModeSet modes{};
  static constexpr bool buffered = true;
};

/// A write rule: states exactly the two write-rule bits.
template <typename W>
concept WriteRule = requires {
  { W::modes } -> std::convertible_to<ModeSet>;  // FIX: one of the rules: using Writes = tlsmode::MovingWrites; …
} && write_rule_modes.contains(W::modes);        // FIX: other modes go into the policy's `modes`, not into its Writes

/// Whether the library owns what is pending under rule W.
template <WriteRule W>
inline constexpr bool is_buffered = requires { requires W::buffered; };

}  // namespace tlsmode

#endif
