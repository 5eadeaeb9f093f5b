// SPDX-License-Identifier: MIT
#ifndef TLSMODE_DETAIL_C_TEXT_HPP
#define TLSMODE_DETAIL_C_TEXT_HPP

#include <concepts>
#include <cstddef>
#include <cstring>
#include <string_view>

#include <tlsmode/error.hpp>

namespace tlsmode::detail {

/// Errors: throws Error of `operation` if `text` has more than `longest` bytes, or a zero byte.
inline void require_c_text(std::string_view text, std::size_t longest, Operation operation) {
  const bool is_pem = text.find("-----BEGIN ") != std::string_view::npos;
  const bool has_zero = text.find('\0') != std::string_view::npos;
  if (text.size() > longest || has_zero || is_pem) {
    throw Error{{.kind = ErrorKind::input,
                 .operation = operation,
                 .message = is_pem     ? "this is a PEM text, not a path:"
                            : has_zero ? "a text with a zero byte in it"
                                       : "a text of more than 4095 bytes: it begins with",
                 .subject = text.substr(0, 64),
                 .remedy = is_pem ? "Identity::from_pem(…) and Trust::pem(…) take texts" : ""}};
  }
}

/// A path or setting on its way to a C function: ends in a zero byte, and contains no other. `Doing` is what its
/// errors say was being done.
/// Made from a string_view, a literal, a string, or what has a c_str() of char (a filesystem::path).
/// Errors: throws Error if it is longer than 4095 bytes, contains a zero byte, or is a PEM text.
template <Operation Doing>
class CText {
 public:
  template <typename Text>
    requires std::convertible_to<const Text&, std::string_view> || requires(const Text& text) {
      { text.c_str() } -> std::convertible_to<const char*>;
    }
  CText(const Text& text) {
    if constexpr (std::convertible_to<const Text&, std::string_view>) {
      store(text);
    } else if constexpr (requires { std::string_view{text.native()}; }) {
      store(text.native());  // of a path: c_str() ends at a zero byte in it
    } else {
      store(text.c_str());
    }
  }

  [[nodiscard]] const char* c_str() const noexcept { return text_; }
  [[nodiscard]] std::string_view view() const noexcept { return {text_, size_}; }

 private:
  void store(std::string_view text) {
    require_c_text(text, sizeof text_ - 1, Doing);
    std::memcpy(text_, text.data(), text.size());
    text_[text.size()] = '\0';
    size_ = text.size();
  }

  char text_[4096];
  std::size_t size_ = 0;
};

}  // namespace tlsmode::detail

#endif
