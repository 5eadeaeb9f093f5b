// SPDX-License-Identifier: MIT
#include <tlsmode/trust.hpp>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>

#include <openssl/err.h>
#include <openssl/x509.h>

#include "support/catch.hpp"
#include "support/certificates.hpp"
#include "support/thrown.hpp"
#include "support/tls_pair.hpp"

using namespace tlsmode;
using namespace tlsmode_tests;

namespace {

/// Whether a client with this trust accepts the default server.
bool accepts_the_server(const Context<Client>& client_context) {
  Wire wire;
  const Context<Server> server_context{identity_of(default_server())};
  Connection client{client_context, WireEnd::client(wire), PeerName{"server.example"}};
  Connection server{server_context, WireEnd::server(wire)};
  return shake_hands(client, server).done();
}
bool accepts_the_server(const Trust& trust) { return accepts_the_server(Context<Client>{trust}); }

Error refused(std::string_view pem) {
  const Error error = thrown_by([&] { return Trust::pem(pem); });
  CHECK(error.operation() == Operation::load_trust);
  return error;
}

/// Sets an environment variable as long as it exists.
class Environment {
 public:
  Environment(const char* name, const std::string& value) : name_{name} { ::setenv(name, value.c_str(), 1); }
  ~Environment() { ::unsetenv(name_); }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

 private:
  const char* name_;
};

/// The name under which OpenSSL looks a certificate up in a directory.
std::string hashed_name(::X509* certificate, int number = 0) {
  char name[32];
  std::snprintf(name, sizeof name, "%08lx.%d",
                ::X509_NAME_hash_ex(::X509_get_subject_name(certificate), nullptr, nullptr, nullptr), number);
  return name;
}

}  // namespace

TEST_CASE("certificates of a PEM text are trusted") { CHECK(accepts_the_server(trust_in(default_authority()))); }

TEST_CASE("every certificate of a PEM text is trusted") {
  const Authority other{"another root"};
  CHECK(accepts_the_server(Trust::pem(other.pem() + default_authority().pem())));
  CHECK(accepts_the_server(Trust::pem(default_authority().pem() + other.pem())));
}

TEST_CASE("nobody else is trusted") {
  CHECK_FALSE(accepts_the_server(trust_in(Authority{"another root"})));
  CHECK_FALSE(accepts_the_server(Trust{}));
}

TEST_CASE("the certificates of a file are trusted") {
  const TemporaryDirectory directory;
  CHECK(accepts_the_server(Trust::file(directory.write("roots.pem", default_authority().pem()))));
}

TEST_CASE("a directory is trusted for the certificates that it has under their hash") {
  const TemporaryDirectory directory;
  const Trust trust = Trust::directory(directory.path());
  CHECK_FALSE(accepts_the_server(trust));
  directory.write(hashed_name(default_authority().certificate()), default_authority().pem());
  CHECK(accepts_the_server(Trust::directory(directory.path())));
}

TEST_CASE("the system's trust follows SSL_CERT_FILE") {
  const TemporaryDirectory directory;
  const Environment file{"SSL_CERT_FILE", directory.write("roots.pem", default_authority().pem())};
  CHECK(accepts_the_server(Trust::system()));
  CHECK(accepts_the_server(Context<Client>{}));  // what a client believes who is not told
}

TEST_CASE("the system's trust follows SSL_CERT_DIR, several directories too, and what comes into them later") {
  const TemporaryDirectory empty;
  const TemporaryDirectory directory;
  const Environment directories{"SSL_CERT_DIR", empty.path() + ":" + directory.path()};
  const Trust trust = Trust::system();
  CHECK_FALSE(accepts_the_server(trust));
  directory.write(hashed_name(default_authority().certificate()), default_authority().pem());
  CHECK(accepts_the_server(trust));
}

TEST_CASE("the system's trust looks certificates up by their hash, and does not list the directory for them") {
  const TemporaryDirectory directory;
  const Environment directories{"SSL_CERT_DIR", directory.path()};
  directory.write(hashed_name(default_authority().certificate(), 7), default_authority().pem());  // 0 to 6 are missing
  CHECK_FALSE(accepts_the_server(Trust::system()));
}

TEST_CASE("a system without trusted certificates is no error, and leaves none in the queue") {
  const Environment file{"SSL_CERT_FILE", "/nowhere/roots.pem"};
  const Environment directory{"SSL_CERT_DIR", "/nowhere"};
  CHECK_FALSE(accepts_the_server(Trust::system()));
  static_cast<void>(Trust::system());
  CHECK(::ERR_peek_error() == 0);
}

TEST_CASE("the system does not trust a root made for a test") { CHECK_FALSE(accepts_the_server(Trust::system())); }

TEST_CASE("texts without a usable certificate are refused, each with its reason") {
  CHECK(says(refused(""), "the PEM text is empty"));
  CHECK(says(refused("garbage"), "there is no certificate in this PEM"));
  CHECK(says(refused(default_server().key_pem()), "this is a private key, and a certificate in PEM is expected"));
  const std::string pem = default_authority().pem();
  CHECK(says(refused(pem.substr(0, pem.size() / 2)), "cannot read the certificate in this PEM"));
  CHECK(says(refused(pem + pem.substr(0, pem.size() / 2)), "is broken"));
}

TEST_CASE("files and directories that cannot be used are refused with their path") {
  const TemporaryDirectory directory;
  const std::string file = directory.write("roots.pem", default_authority().pem());
  const std::string missing = directory.path() + "/missing";

  const Error no_file = thrown_by([&] { return Trust::file(missing); });
  CHECK(no_file.system_error() == ENOENT);
  CHECK(says(no_file, "loading trusted certificates: cannot open the file \"" + missing));
  CHECK(says(thrown_by([&] { return Trust::file(directory.path()); }), "this is a directory"));

  const Error no_directory = thrown_by([&] { return Trust::directory(missing); });
  CHECK(no_directory.system_error() == ENOENT);
  CHECK(says(no_directory, "cannot open the directory \"" + missing));
  CHECK(says(thrown_by([&] { return Trust::directory(file); }), "a directory is expected, and this is a file"));
}

TEST_CASE("a path that C cannot carry is refused as a part of loading trusted certificates") {
  const std::string zero("a\0b", 3);
  for (const Error& error :
       {thrown_by([&] { return Trust::file(zero); }), thrown_by([&] { return Trust::directory(zero); }),
        thrown_by([&] { return Trust::file(default_authority().pem()); })}) {
    CHECK(error.operation() == Operation::load_trust);
    CHECK(error.kind() == ErrorKind::input);
  }
}

TEST_CASE("one trust serves any number of contexts, and need not outlive them") {
  Trust trust = trust_in(default_authority());
  const Context<Client> first{trust};
  const Context<Client> second{trust};
  const Trust moved = std::move(trust);
  CHECK(trust.store() == nullptr);
  CHECK(::SSL_CTX_get_cert_store(first.native_handle()) == moved.store());
  CHECK(::SSL_CTX_get_cert_store(second.native_handle()) == moved.store());
}

TEST_CASE("a trust that was moved from makes a client that trusts nobody") {
  Trust trust = trust_in(default_authority());
  const Trust moved = std::move(trust);
  CHECK_FALSE(accepts_the_server(trust));
}
