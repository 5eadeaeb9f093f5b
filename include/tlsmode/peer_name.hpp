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
  /// Extent: a name has 1 to 253 bytes, in parts of 1 to 63 bytes: letters, digits, '-' and '_'; its last part is no
  /// number. One final dot is dropped. IPv4 as four decimal numbers, IPv6 without brackets and zone.
  /// Errors: throws Error if it is neither a name nor an address, and says why.
  explicit PeerName(std::string_view text) {
    const std::string_view bare = text.substr(0, text.size() - (text.ends_with('.') ? 1 : 0));
    if (bare.empty()) {
      refuse(text, "the name is empty");
    }
    if (const char strange = strange_character_of(bare); strange != none) {
      refuse_character(text, strange);
    }
    if (bare.size() > longest) {
      refuse(text.substr(0, longest), "a name of more than 253 bytes");
    }
    std::memcpy(text_, bare.data(), bare.size());
    size_ = bare.size();
    if (bare.find(':') != std::string_view::npos) {
      check_v6(text);
    } else {
      check_name(text, bare);
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
           ::SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, const_cast<char*>(text_)) == 1;
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

  static constexpr char none = 'a';  // as an answer of strange_character_of(): there is none

  /// The first character that is in no name and in no address.
  [[nodiscard]] static char strange_character_of(std::string_view text) noexcept {
    for (const char c : text) {
      const bool is_usual = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                            c == '_' || c == '.' || c == ':';
      if (!is_usual) {
        return c;
      }
    }
    return none;
  }

  /// What is commonly meant by a character that does not belong here.
  [[noreturn]] static void refuse_character(std::string_view text, char strange) {
    const std::size_t scheme = text.find("://");
    if (scheme != std::string_view::npos) {
      refuse(text, "this is a URL, not a host name or IP address", "give the host between :// and the next / or :");
    }
    if (static_cast<unsigned char>(strange) >= 0x80) {
      refuse(text, "this name is not in its ASCII form (xn--…)",
             "give it in Punycode, as the programs idn2 and idn do");
    }
    if (strange == '%' && text.find(':') != std::string_view::npos) {
      detail::TextBuilder why;
      why << "the zone \"" << text.substr(text.find('%') + 1)
          << "\" belongs to the address that the socket connects to, not to the name of the peer:";
      refuse(text, why.view(), "give the address without % and what follows");
    }
    switch (strange) {
      case '[':
      case ']': refuse(text, "an IPv6 address has no brackets here:", "give what is between the brackets");
      case '/': refuse(text, "there is a path in this name:", "give the host only: what is before the /");
      case '@': refuse(text, "there is a user in this name:", "give the host only: what is behind the @");
      case '*': refuse(text, "this is a wildcard, as certificates have:", "name the one host that is connected to");
      case '\0': refuse(text, "there is a zero byte in this name:", "give the text up to the zero byte");
      case ' ':
      case '\t':
      case '\r':
      case '\n': refuse(text, "there is a space or line break in this name:", "trim it: files and forms add them");
      default: refuse(text, "this is no host name or IP address");
    }
  }

  void check_v6(std::string_view text) {
    is_address_ = parses_as_address();
    if (is_address_) {
      return;
    }
    const std::size_t colon = text.find(':');
    if (text.find(':', colon + 1) == std::string_view::npos) {
      refuse(text, "there is a port in this name:", "give the host only: what is before the colon");
    }
    refuse(text, "this is no IPv6 address:");
  }

  /// A name whose last part is a number is an address of IPv4, or none: some functions read 127.1 and 0x7f.1 as one.
  void check_name(std::string_view text, std::string_view bare) {
    std::string_view label;
    for (std::string_view rest = bare;;) {
      const std::size_t dot = rest.find('.');
      label = rest.substr(0, dot);
      if (label.empty() || label.size() > 63) {
        refuse(text, label.empty() ? "this name has an empty part" : "this name has a part of more than 63 bytes",
               "parts are separated by one dot each");
      }
      if (dot == std::string_view::npos) {
        break;
      }
      rest.remove_prefix(dot + 1);
    }
    const bool is_hexadecimal = label.starts_with("0x") || label.starts_with("0X");
    if (label.find_first_not_of("0123456789") == std::string_view::npos ||
        (is_hexadecimal && label.find_first_not_of("0123456789abcdefABCDEF", 2) == std::string_view::npos)) {
      is_address_ = is_dotted_quad(bare) && parses_as_address();
      if (!is_address_) {
        refuse(text, "this is no IPv4 address:", "give four decimal numbers up to 255, without leading zeros");
      }
    }
  }

  /// Digits and three dots, without leading zeros, which some take for octal.
  [[nodiscard]] static bool is_dotted_quad(std::string_view text) noexcept {
    int dots = 0;
    for (std::size_t i = 0; i != text.size(); ++i) {
      const bool begins_part = i == 0 || text[i - 1] == '.';
      const bool goes_on = i + 1 != text.size() && text[i + 1] != '.';
      if ((text[i] != '.' && (text[i] < '0' || text[i] > '9')) || (begins_part && text[i] == '0' && goes_on)) {
        return false;
      }
      dots += text[i] == '.' ? 1 : 0;
    }
    return dots == 3;
  }

  static constexpr std::string_view bare_remedy =
      "give the bare host name or address: no scheme, port, path or brackets";

  [[noreturn]] static void refuse(std::string_view text, std::string_view why, std::string_view remedy = bare_remedy) {
    throw Error{{.kind = ErrorKind::input,
                 .operation = Operation::name_peer,
                 .message = why,
                 .subject = text,
                 .remedy = remedy}};
  }

  char text_[longest + 1] = {};
  std::size_t size_ = 0;
  bool is_address_ = false;
};

}  // namespace tlsmode
#pragma GCC diagnostic pop

#endif
