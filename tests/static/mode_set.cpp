// SPDX-License-Identifier: MIT
// ModeSet and TunableModes while compiling.
#include <tlsmode/mode_set.hpp>

#include <concepts>
#include <cstdint>
#include <iterator>
#include <ranges>
#include <type_traits>

using tlsmode::Mode;
using tlsmode::ModeSet;
using tlsmode::TunableModes;

namespace {

constexpr ModeSet two = Mode::release_buffers | Mode::async;

static_assert(two.size() == 2 && two.contains(Mode::async) && !two.contains(Mode::auto_retry));
static_assert((two - Mode::async) == Mode::release_buffers);
static_assert((two & Mode::async) == Mode::async);
static_assert(ModeSet{}.empty());
static_assert(ModeSet::from_bits(0x8000'0000).bits() == 0x8000'0000);
static_assert([] {
  std::uint32_t seen = 0;
  for (const Mode mode : two) seen |= static_cast<std::uint32_t>(mode);
  return seen;
}() == two.bits());

// A range of modes.
static_assert(std::ranges::forward_range<ModeSet>);
static_assert(std::same_as<std::ranges::range_value_t<ModeSet>, Mode>);

// A template argument.
template <ModeSet modes>
struct With {};
static_assert(std::same_as<With<Mode::async | Mode::release_buffers>, With<two>>);
static_assert(!std::same_as<With<Mode::async>, With<two>>);

// As cheap as the mask it is.
static_assert(sizeof(ModeSet) == sizeof(std::uint32_t) && std::is_trivially_copyable_v<ModeSet>);
static_assert(sizeof(TunableModes) == sizeof(std::uint32_t) && std::is_trivially_copyable_v<TunableModes>);

// Nothing but modes becomes a set, and a set becomes nothing else.
static_assert(std::convertible_to<Mode, ModeSet>);
static_assert(!std::convertible_to<int, ModeSet> && !std::constructible_from<ModeSet, int>);
static_assert(!std::constructible_from<ModeSet, long> && !std::constructible_from<ModeSet, std::uint32_t>);
static_assert(!std::constructible_from<ModeSet, bool>);
static_assert(!std::convertible_to<ModeSet, std::uint32_t> && !std::constructible_from<std::uint32_t, ModeSet>);
static_assert(!std::constructible_from<bool, ModeSet>);
static_assert(!std::totally_ordered<ModeSet>);
template <typename T>
concept HasComplement = requires(T value) { ~value; };
template <typename T>
concept HasExclusiveOr = requires(T value) { value ^ value; };
static_assert(!HasComplement<ModeSet> && !HasComplement<Mode>);
static_assert(!HasExclusiveOr<ModeSet> && !HasExclusiveOr<Mode>);
static_assert(!std::equality_comparable_with<ModeSet, int>);

// What may be added at run time becomes a set.
static_assert(ModeSet{TunableModes{Mode::release_buffers}} == Mode::release_buffers);
static_assert(ModeSet{TunableModes{ModeSet{}}}.empty());
static_assert(!std::constructible_from<TunableModes, int>);

// The vocabulary is constant and does not throw.
static_assert(noexcept(two | two) && noexcept(two - two) && noexcept(two & two) && noexcept(two == two));
static_assert(noexcept(two.contains(two)) && noexcept(two.begin()) && noexcept(name(Mode::async)));

}  // namespace
