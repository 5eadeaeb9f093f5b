// SPDX-License-Identifier: MIT
#ifndef TLSMODE_BYTES_HPP
#define TLSMODE_BYTES_HPP

#include <concepts>
#include <cstddef>
#include <span>
#include <type_traits>

namespace tlsmode {

/// The element types that are bytes: std::byte, unsigned char, char.
template <typename T>
concept ByteLike = std::same_as<std::remove_cv_t<T>, std::byte> || std::same_as<std::remove_cv_t<T>, unsigned char> ||
                   std::same_as<std::remove_cv_t<T>, char>;

namespace detail {

template <typename T>
inline constexpr bool is_char_literal = false;
template <std::size_t N>
inline constexpr bool is_char_literal<const char (&)[N]> = true;

template <typename R>
inline constexpr bool outlives_the_call =
    std::is_lvalue_reference_v<R> || std::ranges::enable_borrowed_range<std::remove_cvref_t<R>>;

template <typename R>
using ByteOf = std::remove_pointer_t<decltype(std::data(std::declval<R&>()))>;

}  // namespace detail

/// Contiguous bytes to read from: a span, string, string_view, vector, array of a byte type.
template <typename R>
concept ByteRange =
    requires(R& range) {
      { std::size(range) } -> std::convertible_to<std::size_t>;  // FIX: a range of bytes: std::span{data, size}, …
      requires ByteLike<detail::ByteOf<R>>;  // FIX: bytes are std::byte, unsigned char or char: std::as_bytes(…)
    } &&
    !detail::is_char_literal<R>;  // FIX: a literal ends in a zero byte that you do not mean: "text"sv, or a string_view

/// Contiguous bytes to write into, that are still there to be looked at.
template <typename R>
concept WritableByteRange =
    ByteRange<R> && !std::is_const_v<detail::ByteOf<R>> &&  // FIX: read into bytes that may change: span<std::byte>, …
    detail::outlives_the_call<R>;  // FIX: read into a variable: what comes is lost with a temporary

/// Bytes that are still there after the full expression: a view (span, string_view), or an lvalue that the caller keeps.
template <typename R>
concept StaysInPlace = detail::outlives_the_call<R>;  // FIX: keep it in a variable, or use BufferedWrites

namespace detail {

template <ByteRange R>
[[nodiscard]] constexpr std::span<const std::byte> as_bytes(R&& range) noexcept {
  return std::as_bytes(std::span{std::data(range), std::size(range)});
}

template <WritableByteRange R>
[[nodiscard]] constexpr std::span<std::byte> as_writable_bytes(R&& range) noexcept {
  return std::as_writable_bytes(std::span{std::data(range), std::size(range)});
}

}  // namespace detail

}  // namespace tlsmode

#endif
