// SPDX-License-Identifier: MIT
#include <tlsmode/identity.hpp>

#include <cerrno>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

#include <openssl/pkcs12.h>
#include <openssl/ssl.h>

#include <tlsmode/context.hpp>

#include "support/catch.hpp"
#include "support/certificates.hpp"
#include "support/thrown.hpp"

using namespace tlsmode;
using namespace tlsmode_tests;

namespace {

const Issued& leaf() { return default_server(); }

/// Why Identity::from_pem refuses these texts.
Error refused(std::string_view chain, std::string_view key, std::string_view passphrase = {}) {
  const Error error = thrown_by([&] { return Identity::from_pem(chain, key, passphrase); });
  CHECK(error.operation() == Operation::load_identity);
  CHECK(::ERR_peek_error() == 0);
  return error;
}

Error refused_files(const std::string& chain, const std::string& key) {
  const Error error = thrown_by([&] { return Identity::from_pem_files(chain, key); });
  CHECK(error.operation() == Operation::load_identity);
  return error;
}

std::string der_of(::X509* certificate) {
  unsigned char* bytes = nullptr;
  const int size = ::i2d_X509(certificate, &bytes);
  std::string der{reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size)};
  ::OPENSSL_free(bytes);
  return der;
}

std::string pkcs12_of(const Issued& issued) {
  ::PKCS12* const bundle =
      ::PKCS12_create("secret", "name", issued.key(), issued.certificate(), nullptr, 0, 0, 0, 0, 0);
  unsigned char* bytes = nullptr;
  const int size = ::i2d_PKCS12(bundle, &bytes);
  std::string der{reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size)};
  ::OPENSSL_free(bytes);
  ::PKCS12_free(bundle);
  return der;
}

::X509* shared(::X509* certificate) {
  ::X509_up_ref(certificate);
  return certificate;
}
::EVP_PKEY* shared(::EVP_PKEY* key) {
  ::EVP_PKEY_up_ref(key);
  return key;
}

}  // namespace

TEST_CASE("an identity is read from PEM texts") {
  const Identity identity = Identity::from_pem(leaf().chain_pem(), leaf().key_pem());
  CHECK(::X509_cmp(identity.certificate(), leaf().certificate()) == 0);
  CHECK(::EVP_PKEY_eq(identity.key(), leaf().key()) == 1);
  CHECK(sk_X509_num(identity.chain()) == 0);
  CHECK(::ERR_peek_error() == 0);
}

TEST_CASE("an identity is read from PEM files, named by strings and paths") {
  const TemporaryDirectory directory;
  const std::string chain = directory.write("chain.pem", leaf().chain_pem());
  const std::string key = directory.write("key.pem", leaf().key_pem());
  CHECK(Identity::from_pem_files(chain, key).certificate() != nullptr);
  CHECK(Identity::from_pem_files(std::filesystem::path{chain}, std::filesystem::path{key}).key() != nullptr);
}

TEST_CASE("the issuers that follow the certificate are the chain") {
  const Authority middle = default_authority().intermediate("middle").intermediate("lower");
  const Issued issued = middle.issue();
  const Identity identity = Identity::from_pem(issued.chain_pem(), issued.key_pem());
  CHECK(::X509_cmp(identity.certificate(), issued.certificate()) == 0);
  REQUIRE(sk_X509_num(identity.chain()) == 2);
  CHECK(::X509_cmp(sk_X509_value(identity.chain(), 0), middle.certificate()) == 0);
}

TEST_CASE("text around the PEM blocks is skipped") {
  const std::string text = "Bag Attributes\n  friendlyName: x\n" + leaf().chain_pem() + "\ntrailing words\n";
  CHECK(Identity::from_pem(text, leaf().key_pem()).certificate() != nullptr);
}

TEST_CASE("one file may hold the certificate and the key") {
  const std::string both = leaf().key_pem() + leaf().chain_pem();
  CHECK(Identity::from_pem(both, both).certificate() != nullptr);
}

TEST_CASE("an encrypted key is opened with its passphrase") {
  const std::string key = leaf().encrypted_key_pem("open sesame");
  CHECK(::EVP_PKEY_eq(Identity::from_pem(leaf().chain_pem(), key, "open sesame").key(), leaf().key()) == 1);
}

TEST_CASE("an encrypted key without a passphrase is refused, and nobody is asked at a terminal") {
  const Error error = refused(leaf().chain_pem(), leaf().encrypted_key_pem("open sesame"));
  CHECK(says(error, "the private key is encrypted, and no passphrase was given"));
  CHECK(error.remedy() == "give the passphrase as last argument");
}

TEST_CASE("a wrong passphrase is refused") {
  const std::string key = leaf().encrypted_key_pem("open sesame");
  CHECK(says(refused(leaf().chain_pem(), key, "open"), "the passphrase is wrong"));
  CHECK(says(refused(leaf().chain_pem(), key, std::string(5000, 'x')), "the passphrase is wrong"));
}

TEST_CASE("a stale entry in the error queue does not confuse the reading of a key") {
  pollute_error_queue();
  const Error error = refused(leaf().chain_pem(), leaf().encrypted_key_pem("x"));
  CHECK(says(error, "no passphrase was given"));
  CHECK_FALSE(says(error, "left by someone else"));
  pollute_error_queue();
  CHECK(Identity::from_pem(leaf().chain_pem(), leaf().key_pem()).key() != nullptr);
  CHECK(::ERR_peek_error() == 0);
}

TEST_CASE("a key of another certificate is refused") {
  const Error error = refused(leaf().chain_pem(), default_client().key_pem());
  CHECK(error.kind() == ErrorKind::input);
  CHECK(says(error, "the certificate and the private key do not match"));
  CHECK(says(error, "Remedy: the private key belongs to another certificate"));
}

TEST_CASE("certificates in the wrong order are refused, with the place of our own") {
  const Authority middle = default_authority().intermediate();
  const Issued issued = middle.issue();
  const Error second = refused(middle.pem() + issued.chain_pem(), issued.key_pem());
  CHECK(says(second, "the private key belongs to certificate 2 of the chain, and that has to be the first"));
  CHECK(says(second, "Remedy: put our certificate first, then its issuers in order; the root is not needed"));
  CHECK(second.queue().empty());
  const Error third = refused(default_authority().pem() + middle.pem() + issued.chain_pem(), issued.key_pem());
  CHECK(says(third, "belongs to certificate 3 of the chain"));
}

TEST_CASE("a key of none of the certificates is refused as before, and OpenSSL's reason is told once") {
  const Issued issued = default_authority().intermediate().intermediate("lower").issue();
  const Error error = refused(issued.chain_pem(), leaf().key_pem());
  CHECK(says(error, "the certificate and the private key do not match"));
  CHECK(error.queue().size() == 1);
}

TEST_CASE("a pair of files that do not match is refused with the path of the chain") {
  const TemporaryDirectory directory;
  const std::string chain = directory.write("chain.pem", leaf().chain_pem());
  const std::string key = directory.write("key.pem", default_client().key_pem());
  CHECK(says(refused_files(chain, key), "do not match \"" + chain + "\""));
}

TEST_CASE("a byte order mark and Windows' line ends are no part of PEM") {
  const auto on_windows = [](const std::string& pem) {
    std::string text = "\xef\xbb\xbf";
    for (const char c : pem) {
      if (c == '\n') text += '\r';
      text += c;
    }
    return text;
  };
  const Issued issued = default_authority().intermediate().issue();
  const std::string chain = on_windows(issued.chain_pem());
  const std::string key = on_windows(issued.key_pem());
  const TemporaryDirectory directory;
  const Identity from_text = Identity::from_pem(chain, key);
  const Identity from_file =
      Identity::from_pem_files(directory.write("chain.pem", chain), directory.write("key.pem", key));
  for (const Identity* identity : {&from_text, &from_file}) {
    CHECK(::X509_cmp(identity->certificate(), issued.certificate()) == 0);
    CHECK(sk_X509_num(identity->chain()) == 1);
  }
}

TEST_CASE("parameters before the key are skipped") {
  const std::string parameters = "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n";
  CHECK(Identity::from_pem(leaf().chain_pem(), parameters + leaf().key_pem()).key() != nullptr);
  CHECK(says(refused(leaf().chain_pem(), parameters), "this is parameters only, and a private key in PEM is expected"));
}

TEST_CASE("an expired certificate is loaded: refusing it is the peer's business") {
  const Issued expired = default_authority().issue({.not_before = -7200, .not_after = -3600});
  CHECK(Identity::from_pem(expired.chain_pem(), expired.key_pem()).certificate() != nullptr);
}

TEST_CASE("texts that are no PEM are refused, each with its reason") {
  CHECK(says(refused("", leaf().key_pem()), "the PEM text is empty"));
  CHECK(says(refused(leaf().chain_pem(), ""), "the PEM text is empty"));
  CHECK(says(refused("no PEM at all", leaf().key_pem()), "there is no certificate in this PEM"));
  CHECK(says(refused(leaf().chain_pem(), "no PEM at all"), "there is no complete private key in this PEM"));
  CHECK(
      says(refused(leaf().key_pem(), leaf().key_pem()), "this is a private key, and a certificate in PEM is expected"));
  CHECK(says(refused(leaf().chain_pem(), leaf().chain_pem()),
             "this is a certificate, and a private key in PEM is expected"));
}

TEST_CASE("what is given instead of PEM is named, with the program that converts it") {
  const std::string certificate = der_of(leaf().certificate());
  const TemporaryDirectory directory;
  const std::string der = directory.write("server.der", certificate);
  const std::string key = directory.write("key.pem", leaf().key_pem());
  const Error from_file = refused_files(der, key);
  CHECK(says(from_file, "this is DER (binary), not PEM, and a certificate in PEM is expected \"" + der + "\""));
  CHECK(from_file.remedy() == "convert it: openssl x509 -inform DER -in FILE -out FILE.pem");
  CHECK(refused(certificate, leaf().key_pem()).remedy() == from_file.remedy());
  CHECK(refused(leaf().chain_pem(), certificate).remedy() ==
        "convert it: openssl pkey -inform DER -in FILE -out FILE.pem");
  const std::string bundle = pkcs12_of(leaf());
  CHECK(says(refused(bundle, bundle), "this is a PKCS#12 file (.p12, .pfx), not PEM"));
  CHECK(says(refused(leaf().chain_pem(), bundle), "this is a PKCS#12 file (.p12, .pfx), not PEM"));
}

TEST_CASE("truncated PEM is refused at whatever byte it ends") {
  const std::string chain = leaf().chain_pem();
  const std::string key = leaf().key_pem();
  for (std::size_t size = 1; size < chain.size() - 1; size += 37) {
    CAPTURE(size);
    CHECK(refused(chain.substr(0, size), key).kind() == ErrorKind::input);
  }
  for (std::size_t size = 1; size < key.size() - 1; size += 11) {
    CAPTURE(size);
    CHECK(refused(chain, key.substr(0, size)).kind() == ErrorKind::input);
  }
}

TEST_CASE("a chain with a broken certificate behind a good one is refused") {
  const std::string chain = leaf().chain_pem();
  CHECK(says(refused(chain + chain.substr(0, chain.size() / 2), leaf().key_pem()),
             "certificate 2 in this PEM is broken"));
  CHECK(says(refused(chain + "-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n", leaf().key_pem()),
             "is broken"));
}

TEST_CASE("a certificate of garbage is refused") {
  const std::string garbage = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
  CHECK(says(refused(garbage, leaf().key_pem()), "cannot read the certificate in this PEM"));
  const std::string key = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
  CHECK(says(refused(leaf().chain_pem(), key), "cannot read the private key"));
}

TEST_CASE("files that cannot be read are refused with their path and the reason") {
  const TemporaryDirectory directory;
  const std::string chain = directory.write("chain.pem", leaf().chain_pem());
  const std::string key = directory.write("key.pem", leaf().key_pem());
  const std::string empty = directory.write("empty.pem", "");
  const std::string missing = directory.path() + "/missing.pem";

  const Error error = refused_files(missing, key);
  CHECK(error.kind() == ErrorKind::system);
  CHECK(error.system_error() == ENOENT);
  CHECK(says(error, "cannot open the file \"" + missing + "\"; No such file or directory"));
  CHECK(says(refused_files(chain, missing), missing));
  CHECK(
      says(refused_files(directory.path(), key), "a file is expected, and this is a directory \"" + directory.path()));
  CHECK(says(refused_files(chain, directory.path()), "this is a directory"));
  CHECK(says(refused_files(empty, key), "this is empty, and a certificate in PEM is expected \"" + empty));
  CHECK(says(refused_files(chain, empty), "this is empty, and a private key in PEM is expected \"" + empty));
  CHECK(refused_files(chain + "/below.pem", key).system_error() == ENOTDIR);
  CHECK(says(thrown_by([&] { return Identity::from_pem_files("", key); }), "cannot open the file"));
}

TEST_CASE("a path that C cannot carry is refused as a part of loading an identity") {
  const std::string zero("a\0b", 3);
  for (const Error& error :
       {refused_files(zero, "key"), refused_files("chain", zero), refused_files(std::string(5000, 'x'), "key"),
        thrown_by([&] { return Identity::from_pem_files(std::filesystem::path{zero}, "key"); })}) {
    CHECK(error.operation() == Operation::load_identity);
    CHECK(error.kind() == ErrorKind::input);
    CHECK(says(error, "loading an identity: a text "));
  }
  CHECK(says(refused_files(zero, "key"), "a zero byte in it"));
  CHECK(says(refused_files(std::string(5000, 'x'), "key"), "more than 4095 bytes"));
}

TEST_CASE("a PEM text where a path is expected, and a path where a text is, are told apart") {
  const Error text = refused_files(leaf().chain_pem(), leaf().key_pem());
  CHECK(says(text, "this is a PEM text, not a path"));
  CHECK(text.remedy() == "Identity::from_pem(…) and Trust::pem(…) take texts");
  CHECK_FALSE(says(refused_files("chain.pem", leaf().key_pem()), "MII"));
  const Error path = refused("/etc/ssl/chain.pem", "/etc/ssl/key.pem");
  CHECK(says(path, "this is a path, and a certificate in PEM is expected"));
  CHECK(path.remedy() == "Identity::from_pem_files(…) and Trust::file(…) take paths");
}

TEST_CASE("adopted handles are an identity") {
  const Identity identity{shared(leaf().certificate()), shared(leaf().key())};
  CHECK(identity.certificate() == leaf().certificate());
  CHECK(identity.chain() == nullptr);
  CHECK(Context<Server>{identity}.native_handle() != nullptr);
}

TEST_CASE("adopted handles that are null or do not belong together are refused, and freed") {
  CHECK(says(thrown_by([] { return Identity{nullptr, shared(leaf().key())}; }), "one is null"));
  CHECK(says(thrown_by([] { return Identity{shared(leaf().certificate()), nullptr}; }), "one is null"));
  CHECK(says(thrown_by([] { return Identity{shared(leaf().certificate()), shared(default_client().key())}; }),
             "do not match"));
}

TEST_CASE("one identity serves any number of contexts, and need not outlive them") {
  Identity identity = Identity::from_pem(leaf().chain_pem(), leaf().key_pem());
  const Context<Server> first{identity};
  const Context<Server> second{identity};
  const Identity moved = std::move(identity);
  CHECK(::SSL_CTX_get0_certificate(first.native_handle()) == moved.certificate());
  CHECK(::SSL_CTX_get0_certificate(second.native_handle()) == moved.certificate());
}

TEST_CASE("an identity that was moved from is refused by a context") {
  Identity identity = Identity::from_pem(leaf().chain_pem(), leaf().key_pem());
  const Identity moved = std::move(identity);
  CHECK(thrown_by([&] { return Context<Server>{identity}; }).operation() == Operation::make_context);
}
