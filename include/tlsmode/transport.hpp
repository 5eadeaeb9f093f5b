// SPDX-License-Identifier: MIT
#ifndef TLSMODE_TRANSPORT_HPP
#define TLSMODE_TRANSPORT_HPP

#include <concepts>
#include <cstddef>
#include <span>

#include <tlsmode/status.hpp>

namespace tlsmode {

/// A reliable, ordered stream of bytes under a connection. Any movable type with these two members will do.
/// Extent: both may take fewer bytes than asked, and answer done only with at least one; the spans are never empty.
/// Returns: done with bytes; want_read or want_write if nothing can be done now; closed from receive at the end of the
/// stream; failed, with errno saying why.
/// Optional members: `send(first, second)`, which sends two spans as one; `bool blocking() const noexcept`, true if
/// receive waits for input; `static constexpr bool short_send_means_full`, true if a send that takes less than it was
/// given would be followed by want_write. It is believed once the transport has answered want_write.
/// A transport that keeps what it was sent has both `IoStatus flush() noexcept`, which answers done when all has left, and
/// `bool wants_write() const noexcept`, true while something has not. What flushes a connection flushes it, too.
/// Proof: tests/unit/transport_test.cpp "any type that models the concept carries a connection".
// clang-format off
template <typename T>
concept TransportType =
    requires(T& transport, std::span<std::byte> to, std::span<const std::byte> from) {
      requires std::movable<T>;  // FIX: a connection owns its transport: make one that is moved, and refers to yours
      { transport.receive(to) } noexcept -> std::same_as<ReadResult>;  // FIX: Socket{fd}, or a noexcept receive(span)
      { transport.send(from) } noexcept -> std::same_as<WriteResult>;  // FIX: WriteResult send(span<const byte>) noexcept
    };
// clang-format on

namespace detail {

/// A transport that sends two spans in one call.
template <typename T>
concept SendsPairs = requires(T& transport, std::span<const std::byte> bytes) {
  { transport.send(bytes, bytes) } noexcept -> std::same_as<WriteResult>;
};

/// A transport whose short sends are as good as want_write: epoll(7) says so of non-blocking sockets.
template <typename T>
concept ShortSendMeansFull = requires { requires T::short_send_means_full; };

/// A transport that keeps output of its own.
template <typename T>
concept BuffersOutput = requires(T& transport, const T& constant) {
  { transport.flush() } noexcept -> std::same_as<IoStatus>;
  { constant.wants_write() } noexcept -> std::same_as<bool>;
};

/// Whether the transport keeps output that has not left.
template <typename T>
[[nodiscard]] bool holds_output(const T& transport) noexcept {
  if constexpr (BuffersOutput<T>) {
    return transport.wants_write();
  } else {
    return false;
  }
}

/// Sends what the transport keeps. Returns: done when nothing is left; as its flush() else.
template <typename T>
[[nodiscard]] IoStatus flush_transport(T& transport) noexcept {
  if constexpr (BuffersOutput<T>) {
    return transport.wants_write() ? transport.flush() : IoStatus::done;
  } else {
    return IoStatus::done;
  }
}

/// The descriptor that a transport sends to; -1 if it does not say.
template <typename T>
[[nodiscard]] int descriptor_of(const T& transport) noexcept {
  if constexpr (requires {
                  { transport.native_handle() } noexcept -> std::same_as<int>;
                }) {
    return transport.native_handle();
  } else {
    return -1;
  }
}

/// Whether receive may wait for input. Transports that do not say are taken for non-blocking.
template <typename T>
[[nodiscard]] bool receive_may_wait(const T& transport) noexcept {
  if constexpr (requires {
                  { transport.blocking() } noexcept -> std::same_as<bool>;
                }) {
    return transport.blocking();
  } else {
    return false;
  }
}

}  // namespace detail

}  // namespace tlsmode

#endif
