// SPDX-License-Identifier: MIT
#ifndef TLSMODE_POLL_WAITER_HPP
#define TLSMODE_POLL_WAITER_HPP

#include <cerrno>
#include <chrono>
#include <climits>
#include <concepts>

#include <fcntl.h>
#include <poll.h>

#include <tlsmode/error.hpp>
#include <tlsmode/socket.hpp>
#include <tlsmode/wait.hpp>

namespace tlsmode {

/// Waits for a socket with poll(2), until a deadline. `Clock` can be replaced, so that tests need not wait.
/// Lifetime: the descriptor has to stay open. Proof: tests/unit/poll_waiter_test.cpp.
template <typename Clock = std::chrono::steady_clock>
class BasicPollWaiter {
 public:
  /// Waits as long as it takes. Makes `socket` non-blocking, so that all waiting is done here.
  explicit BasicPollWaiter(const Socket& socket) : descriptor_{socket.native_handle()} { make_non_blocking(); }

  /// Waits until `timeout` from now. Units: any std::chrono duration; zero or less polls once.
  template <typename Rep, typename Period>
  BasicPollWaiter(const Socket& socket, std::chrono::duration<Rep, Period> timeout) : BasicPollWaiter{socket} {
    restart(timeout);
  }

  template <std::integral Number>
  BasicPollWaiter(const Socket&, Number) = delete;  // FIX: say the unit: std::chrono::milliseconds{5000}

  /// Moves the deadline to `timeout` from now.
  template <typename Rep, typename Period>
  void restart(std::chrono::duration<Rep, Period> timeout) {
    has_deadline_ = true;
    deadline_ = Clock::now() + std::chrono::ceil<typename Clock::duration>(timeout);
  }

  /// Returns: done when the socket is ready, has ended or failed; timeout; wait_failed, see error(). Wraps: poll(2).
  [[nodiscard]] WaitStatus wait(Readiness readiness) noexcept {
    ::pollfd entry{descriptor_, events_of(readiness), 0};
    while (true) {
      const int ready = ::poll(&entry, 1, milliseconds_left());
      if (ready > 0 && (entry.revents & POLLNVAL) == 0) {
        return WaitStatus::done;
      }
      if (ready == 0 && milliseconds_left() == 0) {
        error_ = Error{{.kind = ErrorKind::timeout,
                        .operation = Operation::wait,
                        .message = "the deadline passed",
                        .remedy = "call again with what is left, or give up: the connection is as it was"}};
        return WaitStatus::timeout;
      }
      if (ready > 0 || (ready < 0 && errno != EINTR)) {
        error_ = Error{{.kind = ErrorKind::system,
                        .operation = Operation::wait,
                        .message = "cannot wait for the socket",
                        .system_error = ready > 0 ? EBADF : errno}};
        return WaitStatus::wait_failed;
      }
    }
  }

  /// Why the last wait did not end in done: kind() is timeout or system.
  [[nodiscard]] const Error& error() const noexcept { return error_; }

 private:
  [[nodiscard]] static short events_of(Readiness readiness) noexcept {
    switch (readiness) {
      case Readiness::read: return POLLIN;
      case Readiness::write: return POLLOUT;
      case Readiness::either: break;
    }
    return POLLIN | POLLOUT;
  }

  [[nodiscard]] int milliseconds_left() const noexcept {
    if (!has_deadline_) {
      return -1;
    }
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline_ - Clock::now()).count();
    return left <= 0 ? 0 : left > INT_MAX ? INT_MAX : static_cast<int>(left);
  }

  void make_non_blocking() {
    const int flags = ::fcntl(descriptor_, F_GETFL);
    if (flags < 0 || ::fcntl(descriptor_, F_SETFL, flags | O_NONBLOCK) < 0) {
      throw Error{{.kind = ErrorKind::system,
                   .operation = Operation::wait,
                   .message = "cannot make the socket non-blocking",
                   .system_error = errno}};
    }
  }

  int descriptor_;
  bool has_deadline_ = false;
  typename Clock::time_point deadline_{};
  Error error_;
};

using PollWaiter = BasicPollWaiter<>;

}  // namespace tlsmode

#endif
