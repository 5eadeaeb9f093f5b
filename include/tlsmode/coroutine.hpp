// SPDX-License-Identifier: MIT
#ifndef TLSMODE_COROUTINE_HPP
#define TLSMODE_COROUTINE_HPP

#include <concepts>
#include <coroutine>
#include <cstddef>
#include <utility>

#include <tlsmode/bytes.hpp>
#include <tlsmode/connection.hpp>
#include <tlsmode/operation.hpp>
#include <tlsmode/policy.hpp>
#include <tlsmode/wait.hpp>

namespace tlsmode {

/// What a readiness source calls, once, when the wait it was armed for is over: done; timeout, interrupted, wait_failed.
using ReadinessCallback = void (*)(void* context, WaitStatus status);

/// Where coroutines wait: an event loop's view of one transport.
/// arm: from now on, waits for `readiness`, and then calls `callback(context, status)`, not from within arm(). One that
/// reads and one that writes may be armed at a time; `context` tells them apart.
/// disarm: the wait armed with `context` is off; its callback is not called any more. If there is none, nothing happens.
template <typename S>
concept ReadinessSource = requires(S& source, Readiness readiness, ReadinessCallback callback, void* context) {
  { source.arm(readiness, callback, context) } noexcept;
  { source.disarm(context) } noexcept;
};

/// Awaits the end of an operation: `co_await` gives what the function of that name in tlsmode/wait.hpp would return.
/// Nothing is allocated. Destroying it while it waits, with its coroutine, disarms the source and gives the operation up.
/// Requires: the coroutine may be resumed where the source calls back; it is not destroyed from inside advance().
/// Lifetime: the source outlives it. Proof: tests/unit/coroutine_test.cpp.
template <ResumableOperation O, ReadinessSource S, typename Result>
class [[nodiscard("it does nothing before it is awaited: co_await it")]] OperationAwaiter {
 public:
  OperationAwaiter(O&& operation, S& source) noexcept : operation_{std::move(operation)}, source_{&source} {}
  OperationAwaiter(const OperationAwaiter&) = delete;  // the source points at this object
  OperationAwaiter& operator=(const OperationAwaiter&) = delete;
  ~OperationAwaiter() {
    if (waits_) {
      source_->disarm(this);
    }
  }

  [[nodiscard]] bool await_ready() noexcept { return !would_block(operation_.advance()); }
  void await_suspend(std::coroutine_handle<> coroutine) noexcept {
    coroutine_ = coroutine;
    arm();
  }
  Result await_resume() noexcept {
    const WaitStatus status = detail::settle(operation_, waited_);
    if constexpr (std::same_as<Result, WaitStatus>) {
      return status;
    } else {
      return {status, operation_.bytes()};
    }
  }

 private:
  void arm() noexcept {
    waits_ = true;
    source_->arm(operation_.readiness(), &on_ready, this);
  }
  static void on_ready(void* context, WaitStatus status) {
    auto& self = *static_cast<OperationAwaiter*>(context);
    self.waits_ = false;
    self.waited_ = status;
    if (status == WaitStatus::done && would_block(self.operation_.advance())) {
      self.arm();
    } else {
      self.coroutine_.resume();  // may destroy this object
    }
  }

  O operation_;
  S* source_;
  std::coroutine_handle<> coroutine_;
  WaitStatus waited_ = WaitStatus::done;
  bool waits_ = false;
};

// As the functions of tlsmode/wait.hpp, with a source in place of the waiter. The bytes outlive the awaiting.

template <PolicyType P, TransportType T, ReadinessSource S>
OperationAwaiter<HandshakeOperation<P, T>, S, WaitStatus> async_handshake(Connection<P, T>& connection, S& source) {
  return {HandshakeOperation<P, T>{connection}, source};
}
template <PolicyType P, TransportType T, ByteRange Bytes, ReadinessSource S>
  requires StaysInPlace<Bytes>
OperationAwaiter<WriteAllOperation<P, T>, S, WaitResult> async_write_all(Connection<P, T>& connection, Bytes&& bytes,
                                                                         S& source) {
  return {WriteAllOperation<P, T>{connection, detail::as_bytes(bytes)}, source};
}
template <PolicyType P, TransportType T, WritableByteRange Bytes, ReadinessSource S>
OperationAwaiter<ReadSomeOperation<P, T>, S, WaitResult> async_read_some(Connection<P, T>& connection, Bytes&& to,
                                                                         S& source) {
  return {ReadSomeOperation<P, T>{connection, detail::as_writable_bytes(to)}, source};
}
template <PolicyType P, TransportType T, WritableByteRange Bytes, ReadinessSource S>
OperationAwaiter<ReadExactlyOperation<P, T>, S, WaitResult> async_read_exactly(Connection<P, T>& connection, Bytes&& to,
                                                                               S& source) {
  return {ReadExactlyOperation<P, T>{connection, detail::as_writable_bytes(to)}, source};
}
template <PolicyType P, TransportType T, ReadinessSource S>
OperationAwaiter<ShutdownOperation<P, T>, S, WaitStatus> async_shutdown(Connection<P, T>& connection, S& source) {
  return {ShutdownOperation<P, T>{connection}, source};
}
template <PolicyType P, TransportType T, ReadinessSource S>
OperationAwaiter<CloseOperation<P, T>, S, WaitResult> async_close(Connection<P, T>& connection, S& source,
                                                                  std::size_t limit = close_limit) {
  return {CloseOperation<P, T>{connection, limit}, source};
}

}  // namespace tlsmode

#endif
