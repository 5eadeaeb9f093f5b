// SPDX-License-Identifier: MIT
// What a handshake costs that is not arithmetic: tickets, and the decoding of certificates.
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#include "support/catch.hpp"
#include "support/certificates.hpp"
#include "support/openssl_memory.hpp"
#include "support/raw_pair.hpp"

using namespace tlsmode_tests;

namespace {

// The versions that these facts were observed with.
bool is_openssl_3_0() { return ::OPENSSL_version_major() == 3 && ::OPENSSL_version_minor() == 0; }
bool is_openssl_3_5_or_later() { return ::OPENSSL_version_major() > 3 || ::OPENSSL_version_minor() >= 5; }

/// Records that the server has sent since its first flight, of which the client's last one is the end.
std::size_t records_after_handshake(RawPair& pair) {
  ::SSL* const client = pair.client();
  ::SSL* const server = pair.server();
  call(client, [client] { return ::SSL_do_handshake(client); });
  call(server, [server] { return ::SSL_do_handshake(server); });
  const std::size_t first_flight = records_in(pair.to_client.delivered).size();
  REQUIRE(pair.handshake());
  return records_in(pair.to_client.delivered).size() - first_flight;
}

int keep(::SSL* ssl, ::SSL_SESSION* session) {
  auto** const newest = static_cast<::SSL_SESSION**>(SSL_get_app_data(ssl));
  ::SSL_SESSION_free(*newest);
  *newest = session;
  return 1;
}

std::size_t allocations_of_decoding(::X509* certificate) {
  unsigned char* encoded = nullptr;
  const int size = ::i2d_X509(certificate, &encoded);
  REQUIRE(size > 0);
  std::size_t allocations = 0;
  for (int round = 0; round != 2; ++round) {  // the first round also fetches what stays
    const unsigned char* from = encoded;
    const std::size_t before = openssl_allocations();
    const CertificateHandle decoded{::d2i_X509(nullptr, &from, size)};
    REQUIRE(decoded != nullptr);
    allocations = openssl_allocations() - before;
  }
  OPENSSL_free(encoded);
  return allocations;
}

using StoreHandle = std::unique_ptr<::X509_STORE, FreeWith<&::X509_STORE_free>>;
using VerificationHandle = std::unique_ptr<::X509_STORE_CTX, FreeWith<&::X509_STORE_CTX_free>>;

/// The result of verifying the default server's certificate.
int verify(::X509_STORE* store) {
  const VerificationHandle verification{::X509_STORE_CTX_new()};
  REQUIRE(::X509_STORE_CTX_init(verification.get(), store, default_server().certificate(), nullptr) == 1);
  ::X509_verify_cert(verification.get());
  ::ERR_clear_error();
  return ::X509_STORE_CTX_get_error(verification.get());
}

/// Makes `directory` the default one of both stores: of `all` as OpenSSL does, of `by_hash` with that lookup alone.
void look_into(const TemporaryDirectory& directory, ::X509_STORE* all, ::X509_STORE* by_hash) {
  REQUIRE(::setenv("SSL_CERT_DIR", directory.path().c_str(), 1) == 0);
  REQUIRE(::X509_STORE_set_default_paths(all) == 1);
  ::X509_LOOKUP* const lookup = ::X509_STORE_add_lookup(by_hash, ::X509_LOOKUP_hash_dir());
  REQUIRE(X509_LOOKUP_add_dir(lookup, nullptr, X509_FILETYPE_DEFAULT) == 1);
  REQUIRE(::unsetenv("SSL_CERT_DIR") == 0);
}

/// Puts the default root into `directory` under its hash and `number`.
void keep_root(const TemporaryDirectory& directory, int number) {
  char name[32];
  ::X509_NAME* const subject = ::X509_get_subject_name(default_authority().certificate());
  std::snprintf(name, sizeof name, "%08lx.%d", ::X509_NAME_hash_ex(subject, nullptr, nullptr, nullptr), number);
  directory.write(name, default_authority().pem());
}

}  // namespace

TEST_CASE("OpenSSL 3.0 looks through the default directory twice, by hash and by listing it; 3.5 by hash alone") {
  const TemporaryDirectory directory;
  const StoreHandle all{::X509_STORE_new()};
  const StoreHandle by_hash{::X509_STORE_new()};
  look_into(directory, all.get(), by_hash.get());

  keep_root(directory, 7);  // a lookup by hash counts from 0 and stops at the first number that is missing
  CHECK(verify(by_hash.get()) == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY);
  if (is_openssl_3_0()) CHECK(verify(all.get()) == X509_V_OK);
  if (is_openssl_3_5_or_later()) CHECK(verify(all.get()) == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY);
  keep_root(directory, 0);
  CHECK(verify(by_hash.get()) == X509_V_OK);
}

TEST_CASE("a server of TLS 1.3 has two tickets to give by default, and the number is the context's to choose") {
  const ContextHandle context{::SSL_CTX_new(::TLS_server_method())};
  CHECK(::SSL_CTX_get_num_tickets(context.get()) == 2);
  CHECK(::SSL_CTX_set_num_tickets(context.get(), 1) == 1);
  CHECK(::SSL_CTX_get_num_tickets(context.get()) == 1);
}

TEST_CASE("each ticket of TLS 1.3 is a record of its own, also those of one handshake") {
  for (const std::size_t tickets : {std::size_t{0}, std::size_t{1}, std::size_t{2}}) {
    RawPair pair{{.tickets = tickets}};
    CHECK(records_after_handshake(pair) == tickets);
  }
}

TEST_CASE("a resumed handshake of TLS 1.3 gives one ticket, however many a full one gives") {
  ::SSL_SESSION* session = nullptr;
  const auto remember = [](::SSL_CTX* client, ::SSL_CTX*) {
    SSL_CTX_set_session_cache_mode(client, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    ::SSL_CTX_sess_set_new_cb(client, &keep);
  };
  RawPair first{{.tickets = 3, .configure = remember}};
  SSL_set_app_data(first.client(), &session);
  REQUIRE(records_after_handshake(first) == 3);
  std::string nothing;
  read_all(first.client(), nothing);
  REQUIRE(session != nullptr);

  const auto know_the_ticket = [&](::SSL_CTX*, ::SSL_CTX* server) {
    unsigned char keys[80];
    REQUIRE(SSL_CTX_get_tlsext_ticket_keys(first.server_context(), keys, sizeof keys) == 1);
    REQUIRE(SSL_CTX_set_tlsext_ticket_keys(server, keys, sizeof keys) == 1);
  };
  RawPair second{{.tickets = 3, .configure = know_the_ticket}};
  REQUIRE(::SSL_set_session(second.client(), session) == 1);
  CHECK(records_after_handshake(second) == 1);
  CHECK(::SSL_session_reused(second.client()) == 1);
  ::SSL_SESSION_free(session);
}

TEST_CASE("OpenSSL 3.0 collects its decoders anew for every certificate it decodes; 3.5 keeps them") {
  REQUIRE(openssl_memory_is_counted());
  const std::size_t allocations = allocations_of_decoding(default_server().certificate());
  CAPTURE(allocations);
  if (is_openssl_3_0()) CHECK(allocations > 300);
  if (is_openssl_3_5_or_later()) CHECK(allocations < 300);
}
