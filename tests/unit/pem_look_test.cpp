// SPDX-License-Identifier: MIT
#include <tlsmode/detail/pem_look.hpp>

#include <string>
#include <string_view>

#include "support/catch.hpp"

using namespace std::string_view_literals;
using tlsmode::detail::look_at_pem;
using tlsmode::detail::PemFinding;
using tlsmode::detail::PemWanted;

namespace {

std::string block(std::string_view label) {
  const std::string text{label};
  return "-----BEGIN " + text + "-----\nMIIB\n-----END " + text + "-----\n";
}

struct Look {
  std::string head;
  std::string_view what;
  std::string_view remedy;
};

void check(PemWanted wanted, const Look& look) {
  const PemFinding found = look_at_pem(look.head, wanted);
  CAPTURE(look.head, std::string{found.what}, std::string{found.remedy});
  CHECK(found.what == look.what);
  CHECK(found.remedy.find(look.remedy) != std::string_view::npos);
  CHECK(found.what.empty() == found.remedy.empty());
}

}  // namespace

TEST_CASE("the right kind of block is nothing special, whatever is before it") {
  check(PemWanted::certificate, {block("CERTIFICATE"), "", ""});
  check(PemWanted::certificate, {"Bag Attributes\n" + block("X509 CERTIFICATE"), "", ""});
  for (const std::string_view label :
       {"PRIVATE KEY"sv, "RSA PRIVATE KEY"sv, "EC PRIVATE KEY"sv, "ENCRYPTED PRIVATE KEY"sv}) {
    check(PemWanted::private_key, {block(label), "", ""});
  }
  check(PemWanted::certificate, {"any text", "", ""});
  check(PemWanted::certificate, {"-----BEGIN CERTIF", "", ""});
}

TEST_CASE("another kind of block is called by its name") {
  check(PemWanted::private_key, {block("CERTIFICATE"), "a certificate", "are they swapped?"});
  check(PemWanted::certificate, {block("EC PRIVATE KEY"), "a private key", "chain comes first, then the key"});
  for (const PemWanted wanted : {PemWanted::certificate, PemWanted::private_key}) {
    check(wanted, {block("OPENSSH PRIVATE KEY"), "a private key of OpenSSH", "ssh-keygen -p -m PKCS8"});
    check(wanted, {block("TRUSTED CERTIFICATE"), "a certificate with OpenSSL's trust settings", "openssl x509 -in"});
    check(wanted, {block("CERTIFICATE REQUEST"), "a certificate request", "a CA makes a certificate from it"});
    check(wanted, {block("NEW CERTIFICATE REQUEST"), "a certificate request", "a CA makes a certificate from it"});
    check(wanted, {block("EC PARAMETERS"), "parameters only", "the whole file"});
    check(wanted, {block("PKCS7"), "a PKCS#7 bundle", "openssl pkcs7 -in FILE -print_certs"});
    check(wanted, {block("X509 CRL"), "a revocation list", "store()"});
    check(wanted, {block("PGP MESSAGE"), "another kind of PEM block", "it has to contain -----BEGIN "});
  }
  check(PemWanted::private_key, {block("PUBLIC KEY"), "a public key", "the private key that it was made from"});
  check(PemWanted::certificate, {block("RSA PUBLIC KEY"), "a public key", "the certificate with it"});
}

TEST_CASE("binary forms are told by their first bytes, with the program that converts them") {
  const PemWanted certificate = PemWanted::certificate;
  check(certificate, {std::string{"\x30\x82\x05\x00\x02\x01\x03\x30\x82"sv}, "a PKCS#12 file (.p12, .pfx), not PEM",
                      "openssl pkcs12 -in"});
  check(certificate, {std::string{"\x30\x82\x05\x00\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02"sv},
                      "a PKCS#7 file (.p7b), not PEM", "openssl pkcs7 -inform DER"});
  check(certificate,
        {std::string{"\x30\x82\x05\x00\x30\x82\x04"sv}, "DER (binary), not PEM", "openssl x509 -inform DER"});
  check(PemWanted::private_key,
        {std::string{"\x30\x81\x87\x02\x01\x00\x30"sv}, "DER (binary), not PEM", "openssl pkey -inform DER"});
  check(certificate, {"\xfe\xed\xfe\xed rest", "a Java keystore", "keytool"});
  check(certificate, {"\x30\xff\x01\x01\x01", "DER (binary), not PEM", "openssl x509"});  // longer than there is
  check(certificate, {"0123", "", ""});
}

TEST_CASE("a PEM that an editor, a form or a secret store has changed is told what was changed") {
  const PemWanted wanted = PemWanted::certificate;
  check(wanted, {"", "empty", "right file"});
  check(wanted, {std::string{"\xff\xfe-\0-\0"sv}, "UTF-16 text", "iconv"});
  check(wanted, {std::string{"\xfe\xff\0-\0-"sv}, "UTF-16 text", "iconv"});
  check(wanted, {std::string{"-\0-\0-\0"sv}, "UTF-16 text", "iconv"});
  check(wanted, {std::string{"\0-\0-\0-"sv}, "UTF-16 text", "iconv"});
  check(wanted, {"LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0t", "PEM encoded in base64 once more", "base64 -d"});
  check(wanted, {"MIIBszCCAVmgAwIBAgIU", "base64 without its BEGIN and END lines", "-----BEGIN"});
  check(wanted, {"  " + block("CERTIFICATE"), "PEM whose BEGIN is not at the start of a line", "spaces, quotes"});
  check(wanted, {"\"" + block("CERTIFICATE"), "PEM whose BEGIN is not at the start of a line", "spaces, quotes"});
  check(wanted, {"-----BEGIN CERTIFICATE-----\\nMIIB\\n-----END CERTIFICATE-----",
                 "PEM whose line breaks are a backslash and an n", "put line breaks"});
  check(wanted, {"-----BEGIN CERTIFICATE----- MIIB -----END CERTIFICATE-----", "PEM without its line breaks", "line"});
  check(wanted,
        {"-----BEGIN CERTIFICATE-----\rMIIB\r-----END CERTIFICATE-----", "PEM without its line breaks", "line"});
  check(wanted, {"-----BEGIN CERTIFICATE----- \r\nMIIB", "", ""});
}

TEST_CASE("keys of other programs, and a path, are told by how they begin") {
  const PemWanted wanted = PemWanted::private_key;
  check(wanted, {"ssh-ed25519 AAAAC3 me@here\n", "a public key of SSH", "X.509"});
  check(wanted, {"ecdsa-sha2-nistp256 AAAA\n", "a public key of SSH", "X.509"});
  check(wanted, {"PuTTY-User-Key-File-3: ssh-rsa\n", "a key of PuTTY", "puttygen"});
  check(wanted, {"/etc/ssl/private/key", "a path", "from_pem_files"});
  check(wanted, {"../key", "a path", "from_pem_files"});
  check(wanted, {"server.key", "a path", "from_pem_files"});
  check(wanted, {"/a text of\ntwo lines.pem", "", ""});
}
