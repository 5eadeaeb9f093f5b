// SPDX-License-Identifier: MIT
#include "identity.hpp"

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

namespace bench {
namespace {

void add_extension(X509* certificate, int kind, const char* value) {
  X509_EXTENSION* extension = ::X509V3_EXT_conf_nid(nullptr, nullptr, kind, value);
  require(extension != nullptr && ::X509_add_ext(certificate, extension, -1) == 1, "X509_add_ext");
  ::X509_EXTENSION_free(extension);
}

template <class Write>
std::string to_pem(Write write) {
  BIO* memory = ::BIO_new(::BIO_s_mem());
  require(memory != nullptr && write(memory) == 1, "PEM_write_bio");
  char* text = nullptr;
  const long size = BIO_get_mem_data(memory, &text);
  std::string pem(text, static_cast<std::size_t>(size));
  ::BIO_free(memory);
  return pem;
}

}  // namespace

Identity make_identity() {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509* certificate = ::X509_new();
  require(key != nullptr && certificate != nullptr, "no key or certificate");
  ::X509_set_version(certificate, 2);
  ::ASN1_INTEGER_set(::X509_get_serialNumber(certificate), 1);
  ::X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
  ::X509_gmtime_adj(X509_getm_notAfter(certificate), 24 * 3600);
  ::X509_set_pubkey(certificate, key);
  X509_NAME* name = ::X509_NAME_new();
  ::X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(server_name), -1, -1,
                               0);
  ::X509_set_subject_name(certificate, name);
  ::X509_set_issuer_name(certificate, name);
  ::X509_NAME_free(name);
  add_extension(certificate, NID_basic_constraints, "critical,CA:TRUE");
  add_extension(certificate, NID_key_usage, "critical,digitalSignature,keyCertSign");
  add_extension(certificate, NID_subject_alt_name, "DNS:localhost");
  require(::X509_sign(certificate, key, ::EVP_sha256()) > 0, "X509_sign");
  Identity identity{
      to_pem([&](BIO* memory) { return ::PEM_write_bio_X509(memory, certificate); }),
      to_pem([&](BIO* memory) {
        return ::PEM_write_bio_PKCS8PrivateKey(memory, key, nullptr, nullptr, 0, nullptr, nullptr);
      }),
  };
  ::X509_free(certificate);
  ::EVP_PKEY_free(key);
  return identity;
}

}  // namespace bench
