// SPDX-License-Identifier: MIT
#ifndef TLSMODE_MODE_SET_HPP
#define TLSMODE_MODE_SET_HPP

#include <concepts>
#include <cstddef>
#include <cstdint>

#include <tlsmode/mode.hpp>

namespace tlsmode {

/// A set of modes: the mask of SSL_CTX_set_mode(3) as a type of its own, so that an option, a count or a stray int is
/// never taken for one. Constant-evaluable, and usable as a template argument. Bits without a name are kept.
/// Proof: tests/unit/mode_set_test.cpp, tests/static/mode_set.cpp.
class ModeSet {
 public:
  class Iterator;

  constexpr ModeSet() noexcept = default;
  constexpr ModeSet(Mode mode) noexcept : structural_bits_{static_cast<std::uint32_t>(mode)} {}
  template <std::integral Number>
  ModeSet(Number) = delete;  // FIX: name the modes: Mode::release_buffers | …; a mask of OpenSSL's: ModeSet::from_bits

  /// Makes a set from OpenSSL's mask. With bits(), the only door between sets and integers.
  [[nodiscard]] static constexpr ModeSet from_bits(std::uint32_t bits) noexcept {
    ModeSet set;
    set.structural_bits_ = bits;
    return set;
  }
  [[nodiscard]] constexpr std::uint32_t bits() const noexcept { return structural_bits_; }

  [[nodiscard]] constexpr bool contains(ModeSet other) const noexcept {  // every mode in `other`
    return (structural_bits_ & other.structural_bits_) == other.structural_bits_;
  }
  [[nodiscard]] constexpr bool intersects(ModeSet other) const noexcept {  // any mode in `other`
    return (structural_bits_ & other.structural_bits_) != 0;
  }
  [[nodiscard]] constexpr bool empty() const noexcept { return structural_bits_ == 0; }
  [[nodiscard]] constexpr std::size_t size() const noexcept {
    std::size_t count = 0;
    for (std::uint32_t left = structural_bits_; left != 0; left &= left - 1) {
      ++count;
    }
    return count;
  }

  /// Walks the modes of the set from the lowest bit up, bits without a name included.
  [[nodiscard]] constexpr Iterator begin() const noexcept;
  [[nodiscard]] constexpr Iterator end() const noexcept;

  [[nodiscard]] friend constexpr ModeSet operator|(ModeSet a, ModeSet b) noexcept {  // in either
    return from_bits(a.structural_bits_ | b.structural_bits_);
  }
  [[nodiscard]] friend constexpr ModeSet operator&(ModeSet a, ModeSet b) noexcept {  // in both
    return from_bits(a.structural_bits_ & b.structural_bits_);
  }
  [[nodiscard]] friend constexpr ModeSet operator-(ModeSet a, ModeSet b) noexcept {  // in a and not in b
    return from_bits(a.structural_bits_ & ~b.structural_bits_);
  }
  constexpr ModeSet& operator|=(ModeSet other) noexcept { return *this = *this | other; }
  constexpr ModeSet& operator&=(ModeSet other) noexcept { return *this = *this & other; }
  constexpr ModeSet& operator-=(ModeSet other) noexcept { return *this = *this - other; }
  [[nodiscard]] friend constexpr bool operator==(ModeSet, ModeSet) noexcept = default;

  explicit operator bool() const = delete;              // FIX: say which: empty(), contains(…) or intersects(…)
  friend ModeSet operator~(ModeSet) = delete;           // FIX: say what to take away: set - Mode::release_buffers
  friend ModeSet operator^(ModeSet, ModeSet) = delete;  // FIX: say what you mean: (a | b) - (a & b)

  std::uint32_t structural_bits_ = 0;  // public only because the type of a template argument may hide nothing
};

[[nodiscard]] constexpr ModeSet operator|(Mode a, Mode b) noexcept { return ModeSet{a} | ModeSet{b}; }

/// A forward iterator over the modes of a set.
class ModeSet::Iterator {
 public:
  using value_type = Mode;
  using difference_type = std::ptrdiff_t;

  constexpr Iterator() noexcept = default;
  constexpr explicit Iterator(std::uint32_t left) noexcept : left_{left} {}

  [[nodiscard]] constexpr Mode operator*() const noexcept { return static_cast<Mode>(left_ & (~left_ + 1)); }
  constexpr Iterator& operator++() noexcept {
    left_ &= left_ - 1;
    return *this;
  }
  constexpr Iterator operator++(int) noexcept {
    const Iterator before = *this;
    ++*this;
    return before;
  }
  [[nodiscard]] friend constexpr bool operator==(Iterator, Iterator) noexcept = default;

 private:
  std::uint32_t left_ = 0;
};

constexpr ModeSet::Iterator ModeSet::begin() const noexcept { return Iterator{structural_bits_}; }
constexpr ModeSet::Iterator ModeSet::end() const noexcept { return Iterator{}; }

/// The two flags that are the write rule: a policy's Writes states them, and nothing else does.
inline constexpr ModeSet write_rule_modes = Mode::enable_partial_write | Mode::accept_moving_write_buffer;

/// The flags that change what a caller may rely on: they belong to the policy and are never added at run time.
inline constexpr ModeSet contract_modes = write_rule_modes | Mode::auto_retry;

namespace detail {
void this_mode_belongs_to_the_write_policy();  // never defined: its name is the compile error
}

/// Modes that may be added at run time: any but `contract_modes`, checked while compiling.
/// A mode of the contract does not compile; name it in the policy instead (`using Writes = …`, `modes = …`).
/// Proof: tests/compile_fail/adding_a_mode_that_belongs_to_the_write_policy.cpp.
class TunableModes {
 public:
  consteval TunableModes(ModeSet modes) noexcept : modes_{modes} {
    if (modes.intersects(contract_modes)) {
      detail::this_mode_belongs_to_the_write_policy();  // FIX: state it in the policy: using Writes = MovingWrites; …
    }
  }
  consteval TunableModes(Mode mode) noexcept : TunableModes{ModeSet{mode}} {}
  template <std::integral Number>
  TunableModes(Number) = delete;  // FIX: name a mode: Mode::release_buffers; an SSL_OP_… is none: SSL_CTX_set_options

  constexpr operator ModeSet() const noexcept { return modes_; }

 private:
  ModeSet modes_;
};

namespace detail {

void release_buffers_has_no_effect_on_dtls();  // never defined: its name is the compile error

/// The modes that may be added at run time to a Context for datagrams.
class DatagramModes {
 public:
  consteval DatagramModes(ModeSet modes) noexcept : modes_{TunableModes{modes}} {
    if (modes.contains(Mode::release_buffers)) {
      release_buffers_has_no_effect_on_dtls();  // FIX: leave Mode::release_buffers out
    }
  }
  consteval DatagramModes(Mode mode) noexcept : DatagramModes{ModeSet{mode}} {}
  template <std::integral Number>
  DatagramModes(Number) = delete;  // FIX: name a mode: Mode::no_auto_chain; an SSL_OP_… is none: SSL_CTX_set_options

  constexpr operator ModeSet() const noexcept { return modes_; }

 private:
  ModeSet modes_;
};

}  // namespace detail

}  // namespace tlsmode

#endif
