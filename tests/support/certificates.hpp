// SPDX-License-Identifier: MIT
#ifndef TLSMODE_TESTS_SUPPORT_CERTIFICATES_HPP
#define TLSMODE_TESTS_SUPPORT_CERTIFICATES_HPP

// Certificates made at run time: none is checked in, so none expires.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <openssl/evp.h>
#include <openssl/x509.h>

namespace tlsmode_tests {

template <auto Free>
struct FreeWith {
  template <typename T>
  void operator()(T* handle) const noexcept {
    Free(handle);
  }
};
using CertificateHandle = std::unique_ptr<::X509, FreeWith<&::X509_free>>;
using KeyHandle = std::unique_ptr<::EVP_PKEY, FreeWith<&::EVP_PKEY_free>>;

/// What to write into an end-entity certificate.
struct LeafOptions {
  std::string common_name = "server.example";
  std::vector<std::string> dns_names = {"server.example"};
  std::vector<std::string> ip_addresses = {};
  long not_before = -3600;      // seconds from now; positive: not yet valid
  long not_after = 24L * 3600;  // seconds from now; negative: expired
  bool client_auth = false;     // for clients instead of servers
};

/// An end-entity certificate, its private key and the intermediates up to (and without) the root.
class Issued {
 public:
  [[nodiscard]] ::X509* certificate() const noexcept { return certificate_.get(); }
  [[nodiscard]] ::EVP_PKEY* key() const noexcept { return key_.get(); }

  /// The certificate, then its intermediates.
  [[nodiscard]] std::string chain_pem() const;
  /// The private key, PKCS#8.
  [[nodiscard]] std::string key_pem() const;
  /// The same, encrypted with `passphrase` (AES-256-CBC).
  [[nodiscard]] std::string encrypted_key_pem(std::string_view passphrase) const;

 private:
  friend class Authority;
  Issued() = default;
  CertificateHandle certificate_;
  KeyHandle key_;
  std::vector<CertificateHandle> intermediates_;
};

/// A certificate authority: self-signed (P-256) or an intermediate below another one.
class Authority {
 public:
  /// A self-signed root.
  explicit Authority(std::string_view common_name = "tlsmode test root");

  /// An authority below this one; what it issues carries it in the chain.
  [[nodiscard]] Authority intermediate(std::string_view common_name = "tlsmode test intermediate") const;

  [[nodiscard]] Issued issue(const LeafOptions& options = {}) const;

  [[nodiscard]] ::X509* certificate() const noexcept { return certificate_.get(); }
  /// This authority's own certificate.
  [[nodiscard]] std::string pem() const;

 private:
  Authority(CertificateHandle certificate, KeyHandle key) noexcept;
  CertificateHandle certificate_;
  KeyHandle key_;
  std::vector<CertificateHandle> intermediates_;  // this authority first, the one below the root last; empty for a root
};

/// One root per process. Making keys is the slow part of a test.
[[nodiscard]] const Authority& default_authority();
/// One "server.example" (and 127.0.0.1, ::1) leaf per process, issued by default_authority().
[[nodiscard]] const Issued& default_server();
/// One client certificate per process ("client.example"), issued by default_authority().
[[nodiscard]] const Issued& default_client();

/// A directory that exists as long as this object, and is removed with everything in it.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  /// Writes `content` to the file `name` in it, and returns the file's path.
  std::string write(std::string_view name, std::string_view content) const;

 private:
  std::string path_;
};

}  // namespace tlsmode_tests

#endif
