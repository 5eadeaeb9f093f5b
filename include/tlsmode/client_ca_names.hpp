// SPDX-License-Identifier: MIT
#ifndef TLSMODE_CLIENT_CA_NAMES_HPP
#define TLSMODE_CLIENT_CA_NAMES_HPP

#include <cstddef>
#include <string_view>

#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#include <tlsmode/detail/pem.hpp>
#include <tlsmode/error.hpp>

namespace tlsmode {

/// Which certificate authorities a server that asks for a certificate names to its clients. A client with several
/// certificates chooses by them; one with a single certificate shows that in any case. The names go into every full
/// handshake, readable by everybody under TLS 1.2. Whom the server trusts does not depend on them.
/// Proof: tests/unit/client_ca_names_test.cpp.
enum class ClientCaNames {
  if_few,  ///< All that are trusted, if their names take 4,096 bytes at most; else none. The default.
  all,     ///< All that are trusted. More than TLS can say (64,000 bytes) are refused when the Context is made.
  none,    ///< None: the client chooses by itself.
};

namespace detail {

inline constexpr std::size_t few_ca_names = 4096;
/// A list has 65,535 bytes at most, and in TLS 1.3 shares them with the other extensions.
inline constexpr std::size_t most_ca_names = 64000;

/// The bytes that the subjects of `certificates` take in a CertificateRequest; more than most_ca_names if one has none.
[[nodiscard]] inline std::size_t size_of_names(const STACK_OF(X509) * certificates) noexcept {
  std::size_t size = 0;
  for (int i = 0; i != sk_X509_num(certificates); ++i) {
    const int name = ::i2d_X509_NAME(::X509_get_subject_name(sk_X509_value(certificates, i)), nullptr);
    size += name < 0 ? most_ca_names + 1 : static_cast<std::size_t>(name) + 2;
  }
  return size;
}

/// Makes `context` name those that `store` trusts, as `which` says. What a directory has yet to lend is not in the store.
/// Errors: throws Error if there are too many, or no memory. Wraps: SSL_CTX_add_client_CA(3).
inline void announce_cas(SSL_CTX* context, X509_STORE* store, ClientCaNames which) {
  const auto require = [](bool holds, std::string_view message, std::string_view remedy) {
    if (!holds) {
      throw Error{
          {.kind = ErrorKind::input, .operation = Operation::make_context, .message = message, .remedy = remedy}};
    }
  };
  const detail::Certificates issuers{::X509_STORE_get1_all_certs(store)};
  require(static_cast<bool>(issuers), "cannot tell clients who is trusted", {});
  if (which == ClientCaNames::none) {
    return;
  }
  const std::size_t size = size_of_names(issuers.get());
  if (which == ClientCaNames::if_few && size > few_ca_names) {
    return;
  }
  require(size <= most_ca_names, "the names of the trusted authorities are more than TLS can tell a client",
          "leave them out: ClientCaNames::none, or if_few, the default");
  for (int i = 0; i != sk_X509_num(issuers.get()); ++i) {
    require(::SSL_CTX_add_client_CA(context, sk_X509_value(issuers.get(), i)) == 1,
            "cannot tell clients who is trusted", {});
  }
}

}  // namespace detail

}  // namespace tlsmode

#endif
