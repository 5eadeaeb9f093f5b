// SPDX-License-Identifier: MIT
#ifndef TLSMODE_TRUST_HPP
#define TLSMODE_TRUST_HPP

#include <cerrno>
#include <string_view>
#include <utility>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <tlsmode/detail/descriptor.hpp>
#include <tlsmode/detail/pem.hpp>
#include <tlsmode/error.hpp>

namespace tlsmode {

/// Whom to believe: the roots that a peer's chain has to lead to. Move-only; loaded once, and shared by any number of
/// contexts. Proof: tests/unit/trust_test.cpp.
class Trust {
 public:
  /// What the system trusts; the environment's SSL_CERT_FILE and SSL_CERT_DIR are followed.
  /// Wraps: X509_STORE_set_default_paths(3).
  [[nodiscard]] static Trust system() {
    Trust trust;
    trust.require(::X509_STORE_set_default_paths(trust.store()) == 1, "cannot load the system's certificates", {});
    return trust;
  }

  /// The certificates of one PEM file. Errors: throws Error with the path if there is none, or if one is broken.
  [[nodiscard]] static Trust file(const detail::CText& path) {
    return Trust{detail::read_certificates(detail::open_pem_file(path, Operation::load_trust))};
  }

  /// The certificates of a directory, looked up by hash when they are needed (see openssl-rehash(1)).
  /// Errors: throws Error if it is no directory. Wraps: X509_STORE_load_path(3).
  [[nodiscard]] static Trust directory(const detail::CText& path) {
    const int reason = detail::open_directory_error(path.c_str());
    Trust trust;
    trust.require(reason != ENOTDIR, "a directory is expected, and this is a file", path.view());
    trust.require(reason == 0, "cannot open the directory", path.view(), reason);
    trust.require(::X509_STORE_load_path(trust.store(), path.c_str()) == 1, "cannot use the directory", path.view());
    return trust;
  }

  /// The certificates of a PEM text. Errors: as file().
  [[nodiscard]] static Trust pem(std::string_view text) {
    return Trust{detail::read_certificates(detail::open_pem_text(text, Operation::load_trust))};
  }

  /// Nobody, until certificates are added through store().
  Trust() : store_{::X509_STORE_new()} { require(static_cast<bool>(store_), "out of memory", {}); }

  /// The store itself, for what is not offered here (CRLs, flags). Null once moved from.
  [[nodiscard]] X509_STORE* store() const noexcept { return store_.get(); }

  /// Makes `context` believe these. Wraps: SSL_CTX_set1_cert_store(3).
  void apply_to(SSL_CTX* context) const noexcept {
    if (store_) {
      ::SSL_CTX_set1_cert_store(context, store_.get());
    }
  }

 private:
  explicit Trust(const detail::Certificates& certificates) : Trust{} {
    for (int i = 0; i != sk_X509_num(certificates.get()); ++i) {
      require(::X509_STORE_add_cert(store(), sk_X509_value(certificates.get(), i)) == 1, "cannot keep the certificate",
              {});
    }
    ::ERR_clear_error();  // a certificate that OpenSSL takes, but finds fault with, leaves its trace
  }

  void require(bool holds, std::string_view message, std::string_view subject, int reason = 0) const {
    if (!holds) {
      throw Error{{.kind = reason != 0 ? ErrorKind::system : ErrorKind::input,
                   .operation = Operation::load_trust,
                   .message = message,
                   .subject = subject,
                   .system_error = reason}};
    }
  }

  detail::Handle<&::X509_STORE_free> store_;
};

}  // namespace tlsmode

#endif
