// SPDX-License-Identifier: MIT
#ifndef TLSMODE_DETAIL_C_TEXT_HPP
#define TLSMODE_DETAIL_C_TEXT_HPP

#include <concepts>
#include <cstring>
#include <string_view>

#include <tlsmode/error.hpp>

namespace tlsmode::detail {

/// A path, name or setting on its way to a C function: ends in a zero byte, and contains no other.
/// Made from a string_view, a literal, a string, or what has a c_str() of char (a filesystem::path).
/// Errors: throws Error if it is longer than 4095 bytes or contains a zero byte.
class CText {
 public:
  template <typename Text>
    requires std::convertible_to<const Text&, std::string_view> || requires(const Text& text) {
      { text.c_str() } -> std::convertible_to<const char*>;
    }
  CText(const Text& text) {
    if constexpr (std::convertible_to<const Text&, std::string_view>) {
      store(text);
    } else {
      store(text.c_str());
    }
  }

  [[nodiscard]] const char* c_str() const noexcept { return text_; }
  [[nodiscard]] std::string_view view() const noexcept { return {text_, size_}; }

 private:
  void store(std::string_view text) {
    const bool too_long = text.size() >= sizeof text_;
    if (too_long || text.find('\0') != std::string_view::npos) {
      throw Error{
          {.kind = ErrorKind::input,
           .operation = Operation::configure_context,
           .message = too_long ? "a text of more than 4095 bytes: it begins with" : "a text with a zero byte in it",
           .subject = text.substr(0, 64)}};
    }
    std::memcpy(text_, text.data(), text.size());
    text_[text.size()] = '\0';
    size_ = text.size();
  }

  char text_[4096];
  std::size_t size_ = 0;
};

}  // namespace tlsmode::detail

#endif
