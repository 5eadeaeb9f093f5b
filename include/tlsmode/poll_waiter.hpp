// SPDX-License-Identifier: MIT
#ifndef TLSMODE_POLL_WAITER_HPP
#define TLSMODE_POLL_WAITER_HPP

#include <cerrno>
#include <chrono>
#include <climits>
#include <concepts>
#include <memory>
#include <stop_token>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <tlsmode/error.hpp>
#include <tlsmode/socket.hpp>
#include <tlsmode/wait.hpp>

namespace tlsmode {

/// A descriptor that becomes readable when a stop is requested, also if that was before. For poll(2) and its like.
/// Errors: throws Error if there are no descriptors left.
class StopDescriptor {
 public:
  explicit StopDescriptor(std::stop_token token) : ends_{}, on_stop_{std::move(token), Wake{ends_.writer}} {}
  StopDescriptor(const StopDescriptor&) = delete;  // the stop source points at this object
  StopDescriptor& operator=(const StopDescriptor&) = delete;

  [[nodiscard]] int native_handle() const noexcept { return ends_.reader; }

 private:
  struct Pipe {
    Pipe() {
      int both[2];
      if (::pipe2(both, O_CLOEXEC | O_NONBLOCK) != 0) {
        throw Error{{.kind = ErrorKind::system,
                     .operation = Operation::wait,
                     .message = "cannot make a pipe to be interrupted by",
                     .system_error = errno}};
      }
      reader = both[0];
      writer = both[1];
    }
    Pipe(const Pipe&) = delete;
    Pipe& operator=(const Pipe&) = delete;
    ~Pipe() {
      ::close(reader);
      ::close(writer);
    }
    int reader = -1;
    int writer = -1;
  };
  struct Wake {
    void operator()() const noexcept { static_cast<void>(::write(descriptor, "", 1) == 1); }  // nobody has filled it
    int descriptor;
  };

  Pipe ends_;
  std::stop_callback<Wake> on_stop_;  // the last one: its destructor waits for a call that is under way
};

/// Waits for a socket with poll(2), until a deadline, or until it is told to stop.
/// `Clock` can be replaced, so that tests need not wait.
/// Lifetime: the descriptors have to stay open. Proof: tests/unit/poll_waiter_test.cpp.
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

  /// As above, and until a stop is requested. Errors: throws Error if there are no descriptors left.
  BasicPollWaiter(const Socket& socket, std::stop_token stop) : BasicPollWaiter{socket} {
    stop_ = std::make_unique<StopDescriptor>(std::move(stop));
    interrupt_on(stop_->native_handle());
  }
  template <typename Rep, typename Period>
  BasicPollWaiter(const Socket& socket, std::chrono::duration<Rep, Period> timeout, std::stop_token stop)
      : BasicPollWaiter{socket, std::move(stop)} {
    restart(timeout);
  }

  BasicPollWaiter(const Socket&, std::integral auto) = delete;  // FIX: say the unit: std::chrono::milliseconds{5000}
  BasicPollWaiter(const Socket&, std::integral auto, std::stop_token) = delete;  // FIX: say the unit: seconds{5}

  /// Moves the deadline to `timeout` from now.
  template <typename Rep, typename Period>
  void restart(std::chrono::duration<Rep, Period> timeout) {
    has_deadline_ = true;
    looked_once_ = false;
    deadline_ = Clock::now() + std::chrono::ceil<typename Clock::duration>(timeout);
  }

  /// From now on, waits are interrupted as soon as `descriptor` is readable: an eventfd, a pipe, a signalfd. It is not
  /// read. -1: nothing interrupts. Replaces a stop token.
  void interrupt_on(int descriptor) noexcept { interrupter_ = descriptor; }

  /// Returns: done when the socket is ready, has ended or failed. interrupted, whatever else is true. timeout once the
  /// deadline has passed, ready or not: a peer that keeps us busy gets no more time; only the first wait for a deadline
  /// looks at the socket in any case. wait_failed, see error(). Wraps: poll(2).
  [[nodiscard]] WaitStatus wait(Readiness readiness) noexcept {
    ::pollfd entries[2] = {{descriptor_, events_of(readiness), 0}, {interrupter_, POLLIN, 0}};
    while (true) {
      const int ready = ::poll(entries, 2, milliseconds_left());
      const bool has_looked = ready >= 0 && std::exchange(looked_once_, true);
      if (ready > 0 && (entries[1].revents & POLLNVAL) == 0 && entries[1].revents != 0) {
        return interrupted();
      }
      if ((ready == 0 || (ready > 0 && has_looked)) && milliseconds_left() == 0) {
        return timed_out();
      }
      if (ready > 0 && ((entries[0].revents | entries[1].revents) & POLLNVAL) == 0) {
        return WaitStatus::done;
      }
      if (ready > 0 || (ready < 0 && errno != EINTR)) {
        error_ = Error{{.kind = ErrorKind::system,
                        .operation = Operation::wait,
                        .message = "cannot wait for the socket, or for what interrupts",
                        .system_error = ready > 0 ? EBADF : errno}};
        return WaitStatus::wait_failed;
      }
    }
  }

  /// Whether to go on without a wait. Returns: done; timeout once the deadline has passed; interrupted.
  [[nodiscard]] WaitStatus check() noexcept {
    ::pollfd entry{interrupter_, POLLIN, 0};
    if (interrupter_ >= 0 && ::poll(&entry, 1, 0) > 0 && (entry.revents & POLLNVAL) == 0) {
      return interrupted();
    }
    return milliseconds_left() == 0 ? timed_out() : WaitStatus::done;
  }

  /// Why the last wait did not end in done: kind() is timeout, interrupted or system. The functions of tlsmode/wait.hpp
  /// say the same, and more, in connection.error().
  [[nodiscard]] const Error& error() const noexcept { return error_; }

 private:
  [[nodiscard]] WaitStatus interrupted() noexcept {
    error_ = Error{{.kind = ErrorKind::interrupted,
                    .operation = Operation::wait,
                    .message = "a stop was requested",
                    .remedy = "call again with what is left, or give up: the connection is as it was"}};
    return WaitStatus::interrupted;
  }
  [[nodiscard]] WaitStatus timed_out() noexcept {
    error_ = Error{{.kind = ErrorKind::timeout,
                    .operation = Operation::wait,
                    .message = "the deadline passed",
                    .remedy = "call again with what is left, or give up: the connection is as it was"}};
    return WaitStatus::timeout;
  }

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
  int interrupter_ = -1;
  bool has_deadline_ = false;
  bool looked_once_ = false;  // since the deadline was set
  typename Clock::time_point deadline_{};
  std::unique_ptr<StopDescriptor> stop_{};
  Error error_{};
};

using PollWaiter = BasicPollWaiter<>;

}  // namespace tlsmode

#endif
