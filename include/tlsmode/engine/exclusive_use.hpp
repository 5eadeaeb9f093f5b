// SPDX-License-Identifier: MIT
#ifndef TLSMODE_ENGINE_EXCLUSIVE_USE_HPP
#define TLSMODE_ENGINE_EXCLUSIVE_USE_HPP

namespace tlsmode::engine {

/// Set while an operation of a connection is under way. Does not move along: a connection is moved between operations.
class UseFlag {
 public:
  UseFlag() noexcept = default;
  UseFlag(UseFlag&&) noexcept {}
  UseFlag& operator=(UseFlag&&) noexcept { return *this; }

  [[nodiscard]] bool take() noexcept { return !__atomic_exchange_n(&taken_, true, __ATOMIC_ACQUIRE); }
  void give_back() noexcept { __atomic_store_n(&taken_, false, __ATOMIC_RELEASE); }

 private:
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

}  // namespace tlsmode::engine

#endif
