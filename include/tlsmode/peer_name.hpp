// SPDX-License-Identifier: MIT
#ifndef TLSMODE_PEER_NAME_HPP
#define TLSMODE_PEER_NAME_HPP

#include <concepts>
#include <cstddef>
#include <cstring>
#include <string_view>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <tlsmode/detail/handle.hpp>
#include <tlsmode/error.hpp>

// As <openssl/x509v3.h> declares them, which would cost more to include than all that is included here.
// NOLINTBEGIN(readability-identifier-naming): the names are OpenSSL's.
extern "C" {
int X509_check_host(X509* certificate, const char* name, std::size_t size, unsigned flags, char** found);
int X509_check_ip_asc(X509* certificate, const char* address, unsigned flags);
}
// NOLINTEND(readability-identifier-naming)

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wattributes"  // [[clang::…]]: clang warns of what dangles, others need not know them
namespace tlsmode {

/// Who a client must be talking to: a DNS name (in its ASCII form) or an IP address.
/// It is what the client asks for (SNI, for names) and what the peer's certificate has to carry.
/// Proof: tests/unit/peer_name_test.cpp.
class PeerName {
 public:
  /// Extent: a name has 1 to 253 bytes, letters, digits, '-', '_' and '.'; a final dot is dropped. IPv6 without brackets.
  /// Errors: throws Error if it is neither a name nor an address, and says why.
  explicit PeerName(std::string_view text) {
    if (text.ends_with('.')) {
      text.remove_suffix(1);
    }
    if (text.empty() || text.size() > longest) {
      refuse(text, text.empty() ? "the name is empty" : "a name of more than 253 bytes");
    }
    std::memcpy(text_, text.data(), text.size());
    size_ = text.size();
    is_address_ = text.find('\0') == std::string_view::npos && parses_as_address();
    if (!is_address_) {
      check_name(text);
    }
  }

  template <typename Number>
    requires std::integral<Number> || std::same_as<Number, std::nullptr_t>
  explicit PeerName(Number) = delete;  // FIX: a name or an address, as text: PeerName{"example.org"}; no port

  [[nodiscard]] std::string_view text() const noexcept [[clang::lifetimebound]] { return {text_, size_}; }
  [[nodiscard]] bool is_address() const noexcept { return is_address_; }

  /// Makes `ssl` ask for this peer and accept no other.
  /// Returns: false if there is no memory.
  /// Wraps: SSL_set_tlsext_host_name(3), X509_VERIFY_PARAM_set1_host(3), X509_VERIFY_PARAM_set1_ip_asc(3).
  [[nodiscard]] bool apply_to(SSL* ssl) const noexcept {
    X509_VERIFY_PARAM* const param = ::SSL_get0_param(ssl);
    if (is_address_) {
      return ::X509_VERIFY_PARAM_set1_ip_asc(param, text_) == 1;
    }
    ::X509_VERIFY_PARAM_set_hostflags(param, no_partial_wildcards);
    return ::X509_VERIFY_PARAM_set1_host(param, text_, size_) == 1 &&
           SSL_set_tlsext_host_name(ssl, static_cast<const char*>(text_)) == 1;
  }

  /// Whether `certificate` carries this name or address. Wraps: X509_check_host(3), X509_check_ip_asc(3).
  [[nodiscard]] bool is_on(X509* certificate) const noexcept {
    return is_address_ ? ::X509_check_ip_asc(certificate, text_, 0) == 1
                       : ::X509_check_host(certificate, text_, size_, no_partial_wildcards, nullptr) == 1;
  }

 private:
  static constexpr std::size_t longest = 253;
  static constexpr unsigned no_partial_wildcards = 4;  // X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS

  [[nodiscard]] bool parses_as_address() const noexcept {
    const detail::Handle<&::X509_VERIFY_PARAM_free> trial{::X509_VERIFY_PARAM_new()};
    const bool parses = trial && ::X509_VERIFY_PARAM_set1_ip_asc(trial.get(), text_) == 1;
    ::ERR_clear_error();
    return parses;
  }

  static void check_name(std::string_view text) {
    bool label_is_empty = true;
    for (const char c : text) {
      const bool is_name_character = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                                     c == '-' || c == '_' || c == '.';
      if (!is_name_character) {
        refuse(text, static_cast<unsigned char>(c) >= 0x80 ? "this name is not in its ASCII form (xn--…)"
                                                           : "this is no host name or IP address");
      }
      if (c == '.' && label_is_empty) {
        refuse(text, "this name has an empty part");
      }
      label_is_empty = c == '.';
    }
  }

  [[noreturn]] static void refuse(std::string_view text, std::string_view why) {
    throw Error{{.kind = ErrorKind::input,
                 .operation = Operation::name_peer,
                 .message = why,
                 .subject = text,
                 .remedy = "give the bare host name or address: no scheme, port, path or brackets"}};
  }

  char text_[longest + 1] = {};
  std::size_t size_ = 0;
  bool is_address_ = false;
};

}  // namespace tlsmode
#pragma GCC diagnostic pop

#endif
