// SPDX-License-Identifier: MIT
#include "support/certificates.hpp"

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <system_error>

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

namespace tlsmode_tests {
namespace {

using BioHandle = std::unique_ptr<::BIO, FreeWith<&::BIO_free>>;
using ExtensionHandle = std::unique_ptr<::X509_EXTENSION, FreeWith<&::X509_EXTENSION_free>>;
using NameHandle = std::unique_ptr<::X509_NAME, FreeWith<&::X509_NAME_free>>;

constexpr long day = 24L * 3600;

void require(bool condition, const char* what) {
  if (!condition) throw std::runtime_error{std::string{"test certificates: "} + what};
}

KeyHandle new_key() {
  KeyHandle key{::EVP_EC_gen("P-256")};
  require(key != nullptr, "key");
  return key;
}

CertificateHandle share(const CertificateHandle& certificate) {
  require(::X509_up_ref(certificate.get()) == 1, "reference");
  return CertificateHandle{certificate.get()};
}

std::vector<CertificateHandle> share(const std::vector<CertificateHandle>& certificates) {
  std::vector<CertificateHandle> shared;
  for (const CertificateHandle& certificate : certificates) shared.push_back(share(certificate));
  return shared;
}

/// A certificate with everything but extensions and a signature.
CertificateHandle new_certificate(std::string_view common_name, ::EVP_PKEY* key, long not_before, long not_after) {
  static std::atomic<long> serial{1};
  CertificateHandle certificate{::X509_new()};
  require(certificate != nullptr, "certificate");
  const NameHandle subject{::X509_NAME_new()};
  const auto* const text = reinterpret_cast<const unsigned char*>(common_name.data());
  require(::X509_set_version(certificate.get(), X509_VERSION_3) == 1, "version");
  require(::ASN1_INTEGER_set(::X509_get_serialNumber(certificate.get()), serial++) == 1, "serial");
  require(::X509_NAME_add_entry_by_txt(subject.get(), "CN", MBSTRING_UTF8, text, static_cast<int>(common_name.size()),
                                       -1, 0) == 1 &&
              ::X509_set_subject_name(certificate.get(), subject.get()) == 1,
          "subject");
  require(::X509_gmtime_adj(::X509_getm_notBefore(certificate.get()), not_before) != nullptr, "not before");
  require(::X509_gmtime_adj(::X509_getm_notAfter(certificate.get()), not_after) != nullptr, "not after");
  require(::X509_set_pubkey(certificate.get(), key) == 1, "public key");
  return certificate;
}

void add_extension(::X509* certificate, ::X509* issuer, int extension, const std::string& value) {
  ::X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  ::X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const ExtensionHandle made{::X509V3_EXT_conf_nid(nullptr, &context, extension, value.c_str())};
  require(made != nullptr, "extension");
  require(::X509_add_ext(certificate, made.get(), -1) == 1, "adding the extension");
}

void add_authority_extensions(::X509* certificate, ::X509* issuer) {
  add_extension(certificate, issuer, NID_basic_constraints, "critical,CA:TRUE");
  add_extension(certificate, issuer, NID_key_usage, "critical,keyCertSign,cRLSign");
  add_extension(certificate, issuer, NID_subject_key_identifier, "hash");
  add_extension(certificate, issuer, NID_authority_key_identifier, "keyid:always");
}

void sign(::X509* certificate, ::X509* issuer, ::EVP_PKEY* issuer_key) {
  require(::X509_set_issuer_name(certificate, ::X509_get_subject_name(issuer)) == 1, "issuer");
  require(::X509_sign(certificate, issuer_key, ::EVP_sha256()) > 0, "signature");
}

/// "DNS:a,IP:b" as X509V3_EXT_conf_nid reads it.
std::string alternative_names(const LeafOptions& options) {
  std::string names;
  for (const std::string& name : options.dns_names) names += (names.empty() ? "DNS:" : ",DNS:") + name;
  for (const std::string& address : options.ip_addresses) names += (names.empty() ? "IP:" : ",IP:") + address;
  return names;
}

std::string text_of(::BIO* memory) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(memory, &data);
  return std::string(data, static_cast<std::size_t>(size));
}

std::string pem_of(::X509* certificate) {
  const BioHandle memory{::BIO_new(::BIO_s_mem())};
  require(::PEM_write_bio_X509(memory.get(), certificate) == 1, "PEM certificate");
  return text_of(memory.get());
}

}  // namespace

std::string Issued::chain_pem() const {
  std::string chain = pem_of(certificate_.get());
  for (const CertificateHandle& intermediate : intermediates_) chain += pem_of(intermediate.get());
  return chain;
}

std::string Issued::key_pem() const {
  const BioHandle memory{::BIO_new(::BIO_s_mem())};
  require(::PEM_write_bio_PKCS8PrivateKey(memory.get(), key_.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1,
          "PEM key");
  return text_of(memory.get());
}

std::string Issued::encrypted_key_pem(std::string_view passphrase) const {
  const BioHandle memory{::BIO_new(::BIO_s_mem())};
  require(::PEM_write_bio_PKCS8PrivateKey(memory.get(), key_.get(), ::EVP_aes_256_cbc(), passphrase.data(),
                                          static_cast<int>(passphrase.size()), nullptr, nullptr) == 1,
          "encrypted PEM key");
  return text_of(memory.get());
}

Authority::Authority(std::string_view common_name) : key_{new_key()} {
  certificate_ = new_certificate(common_name, key_.get(), -day, 3650 * day);
  // The issuer's key identifier is read from the issuer, which is this certificate: same order, same object.
  add_authority_extensions(certificate_.get(), certificate_.get());
  sign(certificate_.get(), certificate_.get(), key_.get());
}

Authority::Authority(CertificateHandle certificate, KeyHandle key) noexcept
    : certificate_{std::move(certificate)}, key_{std::move(key)} {}

Authority Authority::intermediate(std::string_view common_name) const {
  KeyHandle key = new_key();
  CertificateHandle certificate = new_certificate(common_name, key.get(), -day, 3650 * day);
  add_authority_extensions(certificate.get(), certificate_.get());
  sign(certificate.get(), certificate_.get(), key_.get());

  std::vector<CertificateHandle> chain = share(intermediates_);
  chain.insert(chain.begin(), share(certificate));
  Authority below{std::move(certificate), std::move(key)};
  below.intermediates_ = std::move(chain);
  return below;
}

Issued Authority::issue(const LeafOptions& options) const {
  Issued leaf;
  leaf.key_ = new_key();
  leaf.certificate_ = new_certificate(options.common_name, leaf.key(), options.not_before, options.not_after);
  ::X509* const certificate = leaf.certificate();
  ::X509* const issuer = certificate_.get();
  add_extension(certificate, issuer, NID_basic_constraints, "critical,CA:FALSE");
  add_extension(certificate, issuer, NID_key_usage, "critical,digitalSignature");
  add_extension(certificate, issuer, NID_ext_key_usage, options.client_auth ? "clientAuth" : "serverAuth");
  add_extension(certificate, issuer, NID_subject_key_identifier, "hash");
  add_extension(certificate, issuer, NID_authority_key_identifier, "keyid:always");
  const std::string names = alternative_names(options);
  if (!names.empty()) add_extension(certificate, issuer, NID_subject_alt_name, names);
  sign(certificate, issuer, key_.get());
  leaf.intermediates_ = share(intermediates_);
  return leaf;
}

std::string Authority::pem() const { return pem_of(certificate_.get()); }

const Authority& default_authority() {
  static const Authority authority;
  return authority;
}

const Issued& default_server() {
  static const Issued leaf = default_authority().issue({.ip_addresses = {"127.0.0.1", "::1"}});
  return leaf;
}

const Issued& default_client() {
  static const Issued leaf = default_authority().issue(
      {.common_name = "client.example", .dns_names = {"client.example"}, .client_auth = true});
  return leaf;
}

TemporaryDirectory::TemporaryDirectory() {
  path_ = (std::filesystem::temp_directory_path() / "tlsmode-XXXXXX").string();
  if (::mkdtemp(path_.data()) == nullptr) throw std::system_error{errno, std::generic_category(), "mkdtemp"};
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;  // a leftover in the temporary directory is no reason to end the run
  std::filesystem::remove_all(path_, ignored);
}

std::string TemporaryDirectory::write(std::string_view name, std::string_view content) const {
  const std::string file = path_ + "/" + std::string{name};
  std::ofstream stream{file, std::ios::binary};
  stream.write(content.data(), static_cast<std::streamsize>(content.size()));
  stream.close();
  if (!stream) throw std::runtime_error{"test file not written: " + file};
  return file;
}

}  // namespace tlsmode_tests
