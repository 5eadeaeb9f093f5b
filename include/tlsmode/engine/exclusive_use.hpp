// SPDX-License-Identifier: MIT
#ifndef TLSMODE_ENGINE_EXCLUSIVE_USE_HPP
#define TLSMODE_ENGINE_EXCLUSIVE_USE_HPP

#include <new>

#include <tlsmode/error.hpp>

namespace tlsmode::engine {

/// The flag that has refused this thread last, until a call on the same connection is granted and over. A refused call
/// cannot put an error into the connection, which another thread is using: what it has to say stays in its own thread.
inline constinit thread_local const void* refused_here = nullptr;

/// Set while an operation of a connection is under way. Does not move along: a connection is moved between operations.
class UseFlag {
 public:
  UseFlag() noexcept { forget_refusal(); }
  UseFlag(UseFlag&&) noexcept : UseFlag{} {}
  UseFlag& operator=(UseFlag&&) noexcept {
    forget_refusal();
    return *this;
  }

  /// Returns: false if the flag is taken; refused_here() then tells it to the caller's thread.
  [[nodiscard]] bool take() noexcept {
    const bool granted = !__atomic_exchange_n(&taken_, true, __ATOMIC_ACQUIRE);
    if (!granted) [[unlikely]] {
      engine::refused_here = this;
    }
    return granted;
  }
  void give_back() noexcept {
    forget_refusal();
    __atomic_store_n(&taken_, false, __ATOMIC_RELEASE);
  }

  /// Whether the last call of this thread on this connection was refused because another one was under way.
  [[nodiscard]] bool refused_here() const noexcept { return engine::refused_here == this; }

 private:
  void forget_refusal() const noexcept {
    if (engine::refused_here == this) [[unlikely]] {
      engine::refused_here = nullptr;
    }
  }

  bool taken_ = false;
};

/// Holds a UseFlag for one operation, if nobody else does.
class ExclusiveUse {
 public:
  explicit ExclusiveUse(UseFlag& flag) noexcept : flag_{flag}, granted_{flag.take()} {}
  ExclusiveUse(const ExclusiveUse&) = delete;
  ExclusiveUse& operator=(const ExclusiveUse&) = delete;
  ~ExclusiveUse() {
    if (granted_) {
      flag_.give_back();
    }
  }
  [[nodiscard]] bool granted() const noexcept { return granted_; }

 private:
  UseFlag& flag_;
  bool granted_;
};

inline constinit const detail::ErrorRecord overlap_record{
    .what =
        "this connection is in another call: its calls must not overlap, neither from two threads nor from inside the "
        "transport or a callback. Remedy: give each connection one thread at a time, or a lock",
    .remedy = "give each connection one thread at a time, or a lock",
    .kind = ErrorKind::misuse};

/// The error of a call that was refused because another one is under way.
[[nodiscard]] inline const Error& overlap_error() noexcept {
  alignas(Error) static unsigned char place[sizeof(Error)];
  static const Error* const error = new (place) Error{Error::of(overlap_record)};  // never destroyed: it owns nothing
  return *error;
}

}  // namespace tlsmode::engine

#endif
