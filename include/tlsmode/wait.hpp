// SPDX-License-Identifier: MIT
#ifndef TLSMODE_WAIT_HPP
#define TLSMODE_WAIT_HPP

#include <concepts>
#include <cstddef>
#include <cstring>
#include <string_view>

#include <tlsmode/bytes.hpp>
#include <tlsmode/connection.hpp>
#include <tlsmode/error.hpp>
#include <tlsmode/error/failure.hpp>
#include <tlsmode/operation.hpp>
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
  interrupted,  ///< The waiter was told to stop. As after a timeout.
  want_decision,  ///< OpenSSL waits for an answer of the program's: call again with what is left when there is one.
  failed,         ///< The connection or its peer failed.
  wait_failed,    ///< The waiter could not wait. As after a timeout.
};

/// Gives the enumerator's name, such as "timeout".
[[nodiscard]] constexpr std::string_view name(WaitStatus status) noexcept {
  switch (status) {
    case WaitStatus::done: return "done";
    case WaitStatus::closed: return "closed";
    case WaitStatus::truncated: return "truncated";
    case WaitStatus::write_pending: return "write_pending";
    case WaitStatus::timeout: return "timeout";
    case WaitStatus::interrupted: return "interrupted";
    case WaitStatus::want_decision: return "want_decision";
    case WaitStatus::failed: return "failed";
    case WaitStatus::wait_failed: return "wait_failed";
  }
  return {};
}

/// Status and progress. Units: bytes. `bytes` counts what was read, or what the peer will get, whatever the status.
struct [[nodiscard]] WaitResult {
  WaitStatus status;
  std::size_t bytes;
  [[nodiscard]] friend constexpr bool operator==(const WaitResult&, const WaitResult&) noexcept = default;
};

/// Waits until a transport is ready. Returns: done; timeout, whether or not it is ready; interrupted; wait_failed.
/// If it has an error(), that says why it could not wait. If it has a check(), which answers the same without a wait, that
/// is asked now and then while nothing has to be waited for: a peer that is always ready gets no more time than others.
/// Models: PollWaiter (tlsmode/poll_waiter.hpp), and any type of the user's, such as one over an event loop.
// clang-format off
template <typename W>
concept Waiter = requires(W& waiter, Readiness readiness) {
  { waiter.wait(readiness) } noexcept -> std::same_as<WaitStatus>;  // FIX: PollWaiter{connection.transport(), timeout}
};
// clang-format on

/// Bytes that may be lent to a function that writes by policy P.
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
    case IoStatus::want_decision: return WaitStatus::want_decision;
    case IoStatus::want_read:
    case IoStatus::want_write:
    case IoStatus::failed:
    default: return WaitStatus::failed;
  }
}

/// A sentence of parts, for an error that copies it.
class Sentence {
 public:
  Sentence& operator<<(std::string_view part) noexcept {
    const std::size_t room = sizeof text_ - size_;
    const std::size_t taken = part.size() < room ? part.size() : room;
    std::memcpy(text_ + size_, part.data(), taken);
    size_ += taken;
    return *this;
  }
  [[nodiscard]] std::string_view text() const noexcept { return {text_, size_}; }

 private:
  char text_[128];
  std::size_t size_ = 0;
};

/// The error of an operation that was given up: which, why, what it waited for, and whom for.
[[nodiscard]] inline Error gave_up(SSL* ssl, Operation operation, WaitStatus why, Readiness readiness,
                                   int system_error) noexcept {
  const ExpectedPeer peer{ssl};
  const bool is_named = !peer.text().empty();
  Sentence message;
  message << (why == WaitStatus::timeout       ? "the deadline passed"
              : why == WaitStatus::interrupted ? "interrupted"
                                               : "could not go on waiting")
          << " while waiting for ";
  switch (readiness) {
    case Readiness::read: message << (is_named ? "input from" : "input from the peer"); break;
    case Readiness::write: message << (is_named ? "room to send to" : "room to send to the peer"); break;
    case Readiness::either: message << (is_named ? "input from, or room to send to," : "input or room to send"); break;
  }
  return Error{{.kind = why == WaitStatus::timeout       ? ErrorKind::timeout
                        : why == WaitStatus::interrupted ? ErrorKind::interrupted
                                                         : ErrorKind::system,
                .operation = operation,
                .message = message.text(),
                .subject = peer.text(),
                .remedy = why == WaitStatus::wait_failed
                              ? std::string_view{}
                              : "call again with what is left, or end it: the connection is usable",
                .system_error = system_error}};
}

template <typename W>
[[nodiscard]] int system_error_of(const W& waiter) noexcept {
  if constexpr (requires { waiter.error().system_error(); }) {
    return waiter.error().system_error();
  } else {
    return 0;
  }
}

}  // namespace detail

namespace detail {

/// Ends an operation that its driver drives no further, and says in error() what there is to say. `waited`: what the last
/// wait came to. Returns: what the driver answers.
template <ResumableOperation O>
[[nodiscard]] WaitStatus settle(O& operation, WaitStatus waited, int system_error = 0) noexcept {
  if (waited != WaitStatus::done) {
    const Readiness readiness = operation.readiness();
    operation.cancel();
    WaitingLayer::note(operation.connection(),
                       gave_up(operation.connection().native_handle(), O::kind, waited, readiness, system_error));
    return waited;
  }
  const IoStatus status = operation.status();
  if (status == IoStatus::want_decision) {
    operation.cancel();
    WaitingLayer::note(operation.connection(),
                       Error{{.kind = ErrorKind::interrupted,
                              .operation = O::kind,
                              .message = "OpenSSL waits for a decision: a callback of the program has not answered yet",
                              .remedy = "call again with what is left, when the callback has its answer"}});
  } else if (status == IoStatus::closed && ::SSL_is_init_finished(operation.connection().native_handle()) != 0) {
    WaitingLayer::note(operation.connection(),
                       Error{{.operation = O::kind, .message = "the peer has ended its side with close_notify"}});
  }
  return final_status(status);
}

}  // namespace detail

/// Drives `operation` to its end: the loop of all the functions below. Gives it up when the waiter does, or when OpenSSL
/// waits for a decision: then no write is pending, operation.bytes() is exact, and connection.error() says which
/// operation waited for what and for whom.
/// Returns: as the operation ends; timeout, interrupted, want_decision, wait_failed.
/// Proof: tests/unit/wait_test.cpp.
template <ResumableOperation O, Waiter W>
[[nodiscard]] WaitStatus complete(O& operation, W&& waiter) noexcept {
  WaitStatus waited = WaitStatus::done;
  const auto goes_on = [&]() noexcept {
    if constexpr (requires { waiter.check(); }) {
      waited = waiter.check();
    }
    return waited == WaitStatus::done;
  };
  const auto advance = [&]() noexcept {
    if constexpr (requires { operation.advance(goes_on); }) {
      return operation.advance(goes_on);
    } else {
      return operation.advance();
    }
  };
  while (waited == WaitStatus::done && would_block(advance()) && waited == WaitStatus::done) {
    waited = waiter.wait(operation.readiness());
  }
  return detail::settle(operation, waited, waited == WaitStatus::wait_failed ? detail::system_error_of(waiter) : 0);
}

/// Does the handshake.
/// Returns: done; closed, truncated, if the peer ended it; timeout, interrupted, want_decision, failed, wait_failed.
/// After all but done, of this and of the functions below, connection.error() says what happened.
/// Proof of all of these: tests/unit/wait_test.cpp.
template <PolicyType P, TransportType T, Waiter W>
[[nodiscard]] WaitStatus handshake(Connection<P, T>& connection, W&& waiter) noexcept {
  HandshakeOperation operation{connection};
  return complete(operation, waiter);
}

/// Writes all of `bytes`, and flushes them. `result.bytes` is what the peer will get, by every rule and whatever the
/// status but failed: no write stays pending, and the bytes may go. The same call with the others goes on.
/// Returns: done, with all bytes; write_pending, with 0, if another write is; closed, truncated, if the peer ended the
/// handshake; timeout, interrupted, want_decision, failed, wait_failed.
template <PolicyType P, TransportType T, ByteRange Bytes, Waiter W>
[[nodiscard]] WaitResult write_all(Connection<P, T>& connection, Bytes&& bytes, W&& waiter) noexcept
  requires CanBePending<Bytes, P>
{
  WriteAllOperation<P, T> operation{connection, detail::as_bytes(bytes)};
  const WaitStatus status = complete(operation, waiter);
  return {status, operation.bytes()};
}

/// Reads at least one byte. Extent: at most `to`, which is not empty.
/// Returns: done; closed, truncated; timeout, interrupted, want_decision, failed, wait_failed.
template <PolicyType P, TransportType T, WritableByteRange Bytes, Waiter W>
[[nodiscard]] WaitResult read_some(Connection<P, T>& connection, Bytes&& to, W&& waiter) noexcept {
  ReadSomeOperation<P, T> operation{connection, detail::as_writable_bytes(to)};
  const WaitStatus status = complete(operation, waiter);
  return {status, operation.bytes()};
}

/// Reads until `to` is full. After a timeout, the same call with `to` from `result.bytes` on continues.
/// Returns: done, with all of `to`; closed, truncated, timeout, interrupted, want_decision, failed, wait_failed, with what
/// was read before.
template <PolicyType P, TransportType T, WritableByteRange Bytes, Waiter W>
[[nodiscard]] WaitResult read_exactly(Connection<P, T>& connection, Bytes&& to, W&& waiter) noexcept {
  ReadExactlyOperation<P, T> operation{connection, detail::as_writable_bytes(to)};
  const WaitStatus status = complete(operation, waiter);
  return {status, operation.bytes()};
}

/// Sends what is held, and close_notify. Reading goes on until the peer says the same. Done means that the transport has
/// them, not that the peer has: close() waits for that.
/// Returns: done; write_pending if a write is; closed, truncated, if the peer ended the handshake; timeout, interrupted,
/// want_decision, failed, wait_failed.
template <PolicyType P, TransportType T, Waiter W>
[[nodiscard]] WaitStatus shutdown(Connection<P, T>& connection, W&& waiter) noexcept {
  ShutdownOperation operation{connection};
  return complete(operation, waiter);
}

/// The orderly end: shutdown(), then reads to the peer's close_notify, and drops what comes until then. A peer that
/// answers our close_notify with its own has everything that was sent before; then the transport can be closed.
/// Extent: drops at most `limit` bytes, counted in `result.bytes`.
/// Returns: done; truncated: the peer ended the stream without an answer, and may have less; write_pending if a write is;
/// closed, if the peer ended the handshake; failed, also when more came than the limit; timeout, interrupted,
/// want_decision, wait_failed: the same call goes on.
template <PolicyType P, TransportType T, Waiter W>
[[nodiscard]] WaitResult close(Connection<P, T>& connection, W&& waiter, std::size_t limit = close_limit) noexcept {
  CloseOperation<P, T> operation{connection, limit};
  const WaitStatus status = complete(operation, waiter);
  return {status, operation.bytes()};
}

}  // namespace tlsmode

#endif
