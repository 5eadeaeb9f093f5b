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

struct Certified {
  X509* certificate;
  EVP_PKEY* key;
};

/// A certificate for a new key, signed by `issuer`, or by itself.
Certified certify(const char* name, const Certified* issuer, bool signs_others) {
  const Certified made{::X509_new(), EVP_EC_gen("P-256")};
  require(made.certificate != nullptr && made.key != nullptr, "no key or certificate");
  const Certified& signer = issuer != nullptr ? *issuer : made;
  ::X509_set_version(made.certificate, 2);
  ::ASN1_INTEGER_set(::X509_get_serialNumber(made.certificate), 1);
  ::X509_gmtime_adj(X509_getm_notBefore(made.certificate), -3600);
  ::X509_gmtime_adj(X509_getm_notAfter(made.certificate), 24 * 3600);
  ::X509_set_pubkey(made.certificate, made.key);
  X509_NAME* subject = ::X509_NAME_new();
  ::X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(name), -1, -1, 0);
  ::X509_set_subject_name(made.certificate, subject);
  ::X509_NAME_free(subject);
  ::X509_set_issuer_name(made.certificate, ::X509_get_subject_name(signer.certificate));
  if (signs_others) add_extension(made.certificate, NID_basic_constraints, "critical,CA:TRUE");
  add_extension(made.certificate, NID_key_usage,
                signs_others ? "critical,digitalSignature,keyCertSign" : "critical,digitalSignature");
  add_extension(made.certificate, NID_subject_alt_name, "DNS:localhost");
  require(::X509_sign(made.certificate, signer.key, ::EVP_sha256()) > 0, "X509_sign");
  return made;
}

void discard(const Certified& made) {
  ::X509_free(made.certificate);
  ::EVP_PKEY_free(made.key);
}

std::string certificate_pem(const Certified& made) {
  return to_pem([&](BIO* memory) { return ::PEM_write_bio_X509(memory, made.certificate); });
}

std::string key_pem(const Certified& made) {
  return to_pem([&](BIO* memory) {
    return ::PEM_write_bio_PKCS8PrivateKey(memory, made.key, nullptr, nullptr, 0, nullptr, nullptr);
  });
}

}  // namespace

Identity make_identity(bool in_a_chain) {
  const Certified root = certify(in_a_chain ? "root" : server_name, nullptr, true);
  Identity identity{certificate_pem(root), key_pem(root), certificate_pem(root), in_a_chain};
  if (in_a_chain) {
    const Certified intermediate = certify("intermediate", &root, true);
    const Certified leaf = certify(server_name, &intermediate, false);
    identity.certificate_pem = certificate_pem(leaf) + certificate_pem(intermediate);
    identity.key_pem = key_pem(leaf);
    discard(leaf);
    discard(intermediate);
  }
  discard(root);
  return identity;
}

}  // namespace bench
