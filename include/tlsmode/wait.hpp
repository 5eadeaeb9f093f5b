// SPDX-License-Identifier: MIT
#ifndef TLSMODE_WAIT_HPP
#define TLSMODE_WAIT_HPP

#include <concepts>
#include <cstddef>
#include <span>
#include <string_view>

#include <tlsmode/bytes.hpp>
#include <tlsmode/connection.hpp>
#include <tlsmode/policy.hpp>
#include <tlsmode/status.hpp>

namespace tlsmode {

/// What a function that waits came to.
enum class WaitStatus {
  done,           ///< It succeeded.
  closed,         ///< The peer ended its side properly before everything was read.
  truncated,      ///< The input ended without close_notify before everything was read.
  write_pending,  ///< Refused, nothing changed: another write is pending.
  timeout,      ///< The deadline passed; the connection is usable: call again with what is left, or do something else.
  failed,       ///< See connection.error().
  wait_failed,  ///< The waiter could not wait: see its error().
};

/// Gives the enumerator's name, such as "timeout".
[[nodiscard]] constexpr std::string_view name(WaitStatus status) noexcept {
  switch (status) {
    case WaitStatus::done: return "done";
    case WaitStatus::closed: return "closed";
    case WaitStatus::truncated: return "truncated";
    case WaitStatus::write_pending: return "write_pending";
    case WaitStatus::timeout: return "timeout";
    case WaitStatus::failed: return "failed";
    case WaitStatus::wait_failed: return "wait_failed";
  }
  return {};
}

/// Status and progress. Units: bytes. `bytes` counts what was read, or what was accepted for the peer, whatever the status.
struct [[nodiscard]] WaitResult {
  WaitStatus status;
  std::size_t bytes;
  [[nodiscard]] friend constexpr bool operator==(const WaitResult&, const WaitResult&) noexcept = default;
};

/// What to wait for: input, room for output, or either.
enum class Readiness { read, write, either };

/// Waits until a transport is ready. Returns: done; timeout; wait_failed.
/// Models: PollWaiter (tlsmode/poll_waiter.hpp), and any type of the user's, such as one over an event loop.
// clang-format off
template <typename W>
concept Waiter = requires(W& waiter, Readiness readiness) {
  { waiter.wait(readiness) } noexcept -> std::same_as<WaitStatus>;  // FIX: PollWaiter{connection.transport(), timeout}
};
// clang-format on

/// Bytes that a write under policy P may leave pending when it blocks.
template <typename Bytes, typename P>
concept CanBePending =
    !KeepsBufferInPlace<P> || StaysInPlace<Bytes>;  // FIX: keep it in a variable, or use BufferedWrites

namespace detail {

[[nodiscard]] constexpr WaitStatus final_status(IoStatus status) noexcept {
  switch (status) {
    case IoStatus::done: return WaitStatus::done;
    case IoStatus::closed: return WaitStatus::closed;
    case IoStatus::truncated: return WaitStatus::truncated;
    case IoStatus::write_pending: return WaitStatus::write_pending;
    default: return WaitStatus::failed;
  }
}

/// Calls `attempt`, and waits between attempts, until it is settled. `when_writable` is what want_write waits for.
template <Waiter W, typename Attempt>
[[nodiscard]] WaitStatus attempt_until_settled(W& waiter, Readiness when_writable, Attempt attempt) noexcept {
  while (true) {
    const IoStatus status = attempt();
    if (!would_block(status)) {
      return final_status(status);
    }
    const WaitStatus waited = waiter.wait(status == IoStatus::want_read ? Readiness::read : when_writable);
    if (waited != WaitStatus::done) {
      return waited;
    }
  }
}

/// Continues a write that a timeout left pending. Requires: `bytes` begin with its bytes (in place: where they were).
template <typename C>
[[nodiscard]] WriteResult continue_write(C& connection, std::span<const std::byte> bytes) noexcept {
  if constexpr (requires { connection.retry(bytes); }) {
    return connection.retry(bytes);
  } else if constexpr (requires { connection.retry(); }) {
    const PendingWrite pending = connection.pending_write();
    const bool is_same = bytes.data() == pending.address && bytes.size() >= pending.length;
    return is_same ? connection.retry() : WriteResult{IoStatus::write_pending, 0};
  } else {
    return connection.write(bytes);
  }
}

}  // namespace detail

/// Does the handshake. Returns: done, truncated, timeout, failed, wait_failed.
/// Proof of all of these: tests/unit/wait_test.cpp.
template <PolicyType P, TransportType T, Waiter W>
[[nodiscard]] WaitStatus handshake(Connection<P, T>& connection, W&& waiter) noexcept {
  return detail::attempt_until_settled(waiter, Readiness::write, [&] { return connection.handshake(); });
}

/// Writes all of `bytes`, and flushes them. After a timeout, the same call with `bytes` from `result.bytes` on continues.
/// Returns: done, with all bytes; write_pending if another write is; timeout, failed, wait_failed.
/// Lifetime: by a rule that keeps its buffer in place, the bytes stay where they are until done or cancel_write().
template <PolicyType P, TransportType T, ByteRange Bytes, Waiter W>
[[nodiscard]] WaitResult write_all(Connection<P, T>& connection, Bytes&& range, W&& waiter) noexcept
  requires CanBePending<Bytes, P>
{
  const std::span<const std::byte> bytes = detail::as_bytes(range);
  std::size_t written = 0;
  bool is_pending = connection.pending_write().length != 0;
  const WaitStatus status = detail::attempt_until_settled(waiter, Readiness::write, [&] {
    while (written != bytes.size()) {
      const auto rest = bytes.subspan(written);
      const WriteResult result = is_pending ? detail::continue_write(connection, rest) : connection.write(rest);
      is_pending = connection.pending_write().length != 0;
      written += result.bytes;
      if (result.status != IoStatus::done) {
        return result.status;
      }
    }
    return connection.flush();
  });
  return {status, written};
}

/// Reads at least one byte. Extent: at most `to`, which is not empty.
/// Returns: done; closed, truncated; timeout, failed, wait_failed.
template <PolicyType P, TransportType T, WritableByteRange Bytes, Waiter W>
[[nodiscard]] WaitResult read_some(Connection<P, T>& connection, Bytes&& to, W&& waiter) noexcept {
  std::size_t bytes = 0;
  const WaitStatus status = detail::attempt_until_settled(waiter, Readiness::either, [&] {
    const ReadResult result = connection.read(to);
    bytes = result.bytes;
    return result.status;
  });
  return {status, bytes};
}

/// Reads until `to` is full. After a timeout, the same call with `to` from `result.bytes` on continues.
/// Returns: done, with all of `to`; closed, truncated, timeout, failed, wait_failed, with what was read before.
template <PolicyType P, TransportType T, WritableByteRange Bytes, Waiter W>
[[nodiscard]] WaitResult read_exactly(Connection<P, T>& connection, Bytes&& to, W&& waiter) noexcept {
  const std::span<std::byte> all = detail::as_writable_bytes(to);
  std::size_t bytes = 0;
  while (bytes != all.size()) {
    const WaitResult result = read_some(connection, all.subspan(bytes), waiter);
    bytes += result.bytes;
    if (result.status != WaitStatus::done) {
      return {result.status, bytes};
    }
  }
  return {WaitStatus::done, bytes};
}

/// Sends what is held, and close_notify. Reading goes on until the peer says the same.
/// Returns: done; write_pending if only the caller has the bytes of a pending write; timeout, failed, wait_failed.
template <PolicyType P, TransportType T, Waiter W>
[[nodiscard]] WaitStatus shutdown(Connection<P, T>& connection, W&& waiter) noexcept {
  return detail::attempt_until_settled(waiter, Readiness::write, [&] { return connection.shutdown(); });
}

}  // namespace tlsmode

#endif
