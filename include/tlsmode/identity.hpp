// SPDX-License-Identifier: MIT
#ifndef TLSMODE_IDENTITY_HPP
#define TLSMODE_IDENTITY_HPP

#include <string_view>
#include <utility>

#include <openssl/ssl.h>

#include <tlsmode/detail/pem.hpp>
#include <tlsmode/error.hpp>

namespace tlsmode {

/// Who we are: a certificate, the chain above it, and the private key that belongs to it. Move-only; one identity can
/// serve any number of contexts. Proof: tests/unit/identity_test.cpp.
class Identity {
  using Path = detail::CText<Operation::load_identity>;

 public:
  /// Reads the certificate (first, then its issuers in order) and the key from PEM files.
  /// `passphrase` opens an encrypted key; nothing is ever asked at a terminal.
  /// Errors: throws Error with the path: missing, a directory, no PEM, broken, encrypted, key of another certificate,
  /// the certificate not first; says what is there instead (DER, PKCS#12, a request, …) and how to convert it.
  [[nodiscard]] static Identity from_pem_files(const Path& chain, const Path& key, std::string_view passphrase = {}) {
    return Identity{detail::read_certificates(detail::open_pem_file(chain)),
                    detail::read_private_key(detail::open_pem_file(key), passphrase), chain.view()};
  }

  /// As from_pem_files, with the PEM texts themselves.
  [[nodiscard]] static Identity from_pem(std::string_view chain, std::string_view key,
                                         std::string_view passphrase = {}) {
    constexpr Operation operation = Operation::load_identity;
    return Identity{detail::read_certificates(detail::open_pem_text(chain, operation)),
                    detail::read_private_key(detail::open_pem_text(key, operation), passphrase),
                    {}};
  }

  /// Takes over OpenSSL's handles: a certificate, its key, and the chain above it, which may be null.
  /// Lifetime: they are freed with this object, and if this throws.
  /// Errors: throws Error if a handle is null or the key belongs to another certificate.
  Identity(X509* certificate, EVP_PKEY* key, STACK_OF(X509) * chain = nullptr)
      : certificate_{certificate}, key_{key}, chain_{chain} {
    check({});
  }

  [[nodiscard]] X509* certificate() const noexcept { return certificate_.get(); }
  [[nodiscard]] EVP_PKEY* key() const noexcept { return key_.get(); }
  [[nodiscard]] STACK_OF(X509) * chain() const noexcept { return chain_.get(); }  // above the certificate; may be null

  /// Makes `context` show this identity. Returns: false, with the reason in OpenSSL's queue, if it cannot be used.
  /// Wraps: SSL_CTX_use_cert_and_key(3).
  [[nodiscard]] bool apply_to(SSL_CTX* context) const noexcept {
    return certificate_ && ::SSL_CTX_use_cert_and_key(context, certificate_.get(), key_.get(), chain_.get(), 1) == 1;
  }

 private:
  Identity(detail::Certificates certificates, detail::PrivateKey key, std::string_view path)
      : certificate_{sk_X509_shift(certificates.get())}, key_{std::move(key)}, chain_{std::move(certificates)} {
    check(path);
  }

  void check(std::string_view path) const {
    if (!certificate_ || !key_) {
      refuse("an identity needs a certificate and a private key, and one is null", {}, {});
    }
    if (::X509_check_private_key(certificate_.get(), key_.get()) == 1) {
      return;
    }
    for (int i = 0; i < sk_X509_num(chain_.get()); ++i) {  // -1 of a null chain
      if (::X509_check_private_key(sk_X509_value(chain_.get(), i), key_.get()) == 1) {
        ::ERR_clear_error();
        detail::TextBuilder text;
        text << "the private key belongs to certificate " << static_cast<unsigned>(i + 2)
             << " of the chain, and that has to be the first";
        refuse(text.view(), path, "put our certificate first, then its issuers in order; the root is not needed");
      }
    }
    ::ERR_clear_error();
    ::X509_check_private_key(certificate_.get(), key_.get());  // what OpenSSL says of the first, once
    refuse("the certificate and the private key do not match", path,
           "the private key belongs to another certificate: give the pair that was made together");
  }

  [[noreturn]] static void refuse(std::string_view message, std::string_view subject, std::string_view remedy) {
    throw Error{{.kind = ErrorKind::input,
                 .operation = Operation::load_identity,
                 .message = message,
                 .subject = subject,
                 .remedy = remedy}};
  }

  detail::Certificate certificate_;
  detail::PrivateKey key_;
  detail::Certificates chain_;
};

}  // namespace tlsmode

#endif
