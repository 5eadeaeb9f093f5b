// SPDX-License-Identifier: MIT
#ifndef TLSMODE_TRUST_HPP
#define TLSMODE_TRUST_HPP

#include <cerrno>
#include <cstdlib>
#include <string_view>
#include <utility>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <tlsmode/detail/c_text.hpp>
#include <tlsmode/detail/descriptor.hpp>
#include <tlsmode/detail/pem.hpp>
#include <tlsmode/detail/trust_digest.hpp>
#include <tlsmode/error.hpp>

namespace tlsmode {

/// Whom to believe: the roots that a peer's chain has to lead to. Move-only; loaded once, and shared by any number of
/// contexts. Proof: tests/unit/trust_test.cpp.
class Trust {
  using Path = detail::CText<Operation::load_trust>;

 public:
  /// What the system trusts: the default file, loaded now, and the default directories, looked up by hash when an issuer
  /// is needed (see openssl-rehash(1)); the environment's SSL_CERT_FILE and SSL_CERT_DIR take their places. None has to
  /// exist. As X509_STORE_set_default_paths(3) does it now; that of OpenSSL 3.0 also lists the directory each time.
  /// Errors: throws Error if the file cannot be read for want of descriptors or memory. The directories are read during
  /// handshakes: then the peer is refused.
  /// Wraps: X509_LOOKUP_file(3), X509_LOOKUP_hash_dir(3).  Proof: tests/openssl/handshake_test.cpp.
  [[nodiscard]] static Trust system() {
    Trust trust;
    ::X509_LOOKUP* const file = ::X509_STORE_add_lookup(trust.store(), ::X509_LOOKUP_file());
    ::X509_LOOKUP* const directory = ::X509_STORE_add_lookup(trust.store(), ::X509_LOOKUP_hash_dir());
    trust.require(file != nullptr && directory != nullptr, "cannot load the system's certificates", {});
    if (X509_LOOKUP_load_file(file, nullptr, X509_FILETYPE_DEFAULT) != 1) {
      const int reason = want_of_resources();
      trust.require(reason == 0, "cannot load the system's certificates", {}, reason);
    }
    X509_LOOKUP_add_dir(directory, nullptr, X509_FILETYPE_DEFAULT);
    const char* const other = std::getenv(::X509_get_default_cert_dir_env());
    trust.note_directory(other != nullptr ? other : ::X509_get_default_cert_dir());
    ::ERR_clear_error();
    return trust;
  }

  /// The certificates of one PEM file. Errors: throws Error with the path if there is none, or if one is broken.
  [[nodiscard]] static Trust file(const Path& path) {
    return Trust{detail::read_certificates(detail::open_pem_file(path))};
  }

  /// The certificates of a directory, looked up by hash when they are needed (see openssl-rehash(1)).
  /// Errors: throws Error if it is no directory. Wraps: X509_STORE_load_path(3).
  [[nodiscard]] static Trust directory(const Path& path) {
    const int reason = detail::open_directory_error(path.c_str());
    Trust trust;
    trust.require(reason != ENOTDIR, "a directory is expected, and this is a file", path.view());
    trust.require(reason == 0, "cannot open the directory", path.view(), reason);
    trust.require(::X509_STORE_load_path(trust.store(), path.c_str()) == 1, "cannot use the directory", path.view());
    trust.note_directory(path.view());
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

  /// Adds to a digest what the store does not tell: where it looks certificates up.
  void add_to(detail::Hasher& hasher) const noexcept { hasher.add_bytes(directory_.bytes, sizeof directory_.bytes); }

  /// Makes `context` believe these. Wraps: SSL_CTX_set1_cert_store(3).
  void apply_to(SSL_CTX* context) const noexcept {
    if (store_) {
      ::SSL_CTX_set1_cert_store(context, store_.get());
    }
  }

 private:
  /// Whether the oldest error in the queue is one that says nothing about the file: ENOMEM, EMFILE, ENFILE; 0: it does.
  [[nodiscard]] static int want_of_resources() noexcept {
    const unsigned long error = ::ERR_peek_error();
    const int reason = ERR_GET_REASON(error);
    if (!ERR_SYSTEM_ERROR(error)) {
      return reason == ERR_R_MALLOC_FAILURE ? ENOMEM : 0;
    }
    return reason == EMFILE || reason == ENFILE || reason == ENOMEM ? reason : 0;
  }

  explicit Trust(const detail::Certificates& certificates) : Trust{} {
    for (int i = 0; i != sk_X509_num(certificates.get()); ++i) {
      require(::X509_STORE_add_cert(store(), sk_X509_value(certificates.get(), i)) == 1, "cannot keep the certificate",
              {});
    }
    ::ERR_clear_error();  // a certificate that OpenSSL takes, but finds fault with, leaves its trace
  }

  void note_directory(std::string_view path) {
    detail::Hasher hasher;
    hasher.add_text(path);
    require(hasher.finish(directory_), "out of memory", {});
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
  detail::Sha256 directory_{};  // of its path
};

}  // namespace tlsmode

#endif
