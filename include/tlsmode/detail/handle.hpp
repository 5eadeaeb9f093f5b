// SPDX-License-Identifier: MIT
#ifndef TLSMODE_DETAIL_HANDLE_HPP
#define TLSMODE_DETAIL_HANDLE_HPP

#include <utility>

namespace tlsmode::detail {

template <typename F>
struct FreedBy;
template <typename R, typename T>
struct FreedBy<R (*)(T*)> {
  using Type = T;
};
template <typename R, typename T>
struct FreedBy<R (*)(T*) noexcept> {
  using Type = T;
};

/// Owns one C object, and frees it with `Free`: the only owner type for OpenSSL's handles. Move-only; may be empty.
template <auto Free>
class Handle {
 public:
  using Type = typename FreedBy<decltype(Free)>::Type;

  constexpr Handle() noexcept = default;
  constexpr explicit Handle(Type* owned) noexcept : object_{owned} {}
  Handle(Handle&& other) noexcept : object_{std::exchange(other.object_, nullptr)} {}
  Handle& operator=(Handle&& other) noexcept {
    Handle moved{std::move(other)};
    std::swap(object_, moved.object_);
    return *this;
  }
  Handle(const Handle&) = delete;             // FIX: a handle has one owner: move it, or pass a reference
  Handle& operator=(const Handle&) = delete;  // FIX: a handle has one owner: move it, or pass a reference
  ~Handle() {
    if (object_ != nullptr) {
      Free(object_);
    }
  }

  [[nodiscard]] constexpr Type* get() const noexcept { return object_; }
  [[nodiscard]] constexpr Type* release() noexcept { return std::exchange(object_, nullptr); }
  [[nodiscard]] constexpr explicit operator bool() const noexcept { return object_ != nullptr; }

 private:
  Type* object_ = nullptr;
};

}  // namespace tlsmode::detail

#endif
