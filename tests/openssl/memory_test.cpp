// SPDX-License-Identifier: MIT
// What an idle connection holds, measured inside OpenSSL's allocator. Inequalities leave room for other builds.
#include <cstddef>
#include <cstdint>
#include <string>

#include <openssl/evp.h>
#include <openssl/ssl.h>

#include "support/catch.hpp"
#include "support/openssl_memory.hpp"
#include "support/raw_pair.hpp"

using namespace tlsmode_tests;

namespace {

constexpr std::size_t record = 16'384;

int any_version() { return GENERATE(TLS1_2_VERSION, TLS1_3_VERSION); }

/// A full record each way, so that every buffer has been needed once.
void talk(RawPair& pair) {
  const std::string bytes(record, 'A');
  std::string got;
  REQUIRE(write(pair.client(), bytes).result == static_cast<int>(record));
  REQUIRE(read(pair.server(), got).result > 0);
  REQUIRE(write(pair.server(), bytes).result == static_cast<int>(record));
  REQUIRE(read(pair.client(), got).result > 0);
}

/// Bytes that `what` frees.
template <typename Function>
std::size_t freed_by(Function what) {
  const std::size_t before = openssl_bytes_in_use();
  what();
  return before - openssl_bytes_in_use();
}

/// Bytes an idle client and an idle server hold together, contexts and certificates left out.
std::size_t idle_bytes(const PairOptions& options) {
  RawPair pair{options};
  REQUIRE(pair.handshake());
  talk(pair);
  return freed_by([&] {
    pair.release_client().reset();
    pair.release_server().reset();
  });
}

/// Frees the record buffers and empties the keys of the key exchange: what can be done without harm.
void settle(::SSL* ssl) {
  ::SSL_free_buffers(ssl);
  ::EVP_PKEY* key = nullptr;
  if (SSL_get_tmp_key(ssl, &key) == 1) ::EVP_PKEY_set_type(key, EVP_PKEY_X25519), ::EVP_PKEY_free(key);
  if (SSL_get_peer_tmp_key(ssl, &key) == 1) ::EVP_PKEY_set_type(key, EVP_PKEY_X25519), ::EVP_PKEY_free(key);
}

}  // namespace

TEST_CASE("the test program counts OpenSSL's memory") {
  REQUIRE(openssl_memory_is_counted());
  const std::size_t before = openssl_bytes_in_use();
  void* const block = OPENSSL_malloc(1'000);
  CHECK(openssl_bytes_in_use() >= before + 1'000);
  OPENSSL_free(block);
  CHECK(openssl_bytes_in_use() == before);
}

TEST_CASE("release_buffers saves a read buffer and a write buffer per idle connection, more than 32,000 bytes") {
  const int version = any_version();
  const std::size_t kept = idle_bytes({.version = version});
  const std::size_t released = idle_bytes({.version = version, .modes = SSL_MODE_RELEASE_BUFFERS});
  CAPTURE(kept, released);
  CHECK(kept > released + 2 * 32'000);
  CHECK(kept < released + 2 * 36'000);
}

TEST_CASE("SSL_free_buffers saves as much, without the mode") {
  RawPair pair{{.version = any_version()}};
  REQUIRE(pair.handshake());
  talk(pair);
  const std::size_t saved = freed_by([&] { CHECK(::SSL_free_buffers(pair.client()) == 1); });
  CHECK(saved > 32'000);
  talk(pair);  // the buffers come back when they are needed
}

TEST_CASE("SSL_free_buffers refuses while a write is pending") {
  RawPair pair{{.version = any_version()}};
  REQUIRE(pair.handshake());
  const std::string bytes(1'000, 'A');
  pair.to_server.budget = 0;
  REQUIRE(write(pair.client(), bytes).error == SSL_ERROR_WANT_WRITE);
  CHECK(::SSL_free_buffers(pair.client()) == 0);
  pair.to_server.budget = unlimited;
  CHECK(write(pair.client(), bytes).result == 1'000);
}

TEST_CASE("with release_buffers a TLS read that finds nothing leaves no read buffer behind") {
  RawPair pair{{.version = any_version(), .modes = SSL_MODE_RELEASE_BUFFERS}};
  REQUIRE(pair.handshake());
  talk(pair);
  std::string nothing;
  REQUIRE(read(pair.client(), nothing).error == SSL_ERROR_WANT_READ);
  CHECK(freed_by([&] { ::SSL_free_buffers(pair.client()); }) < 100);
}

TEST_CASE(
    "release_buffers set after the handshake still frees both buffers before 3.2, and only the read buffer from 3.2 "
    "on") {
  RawPair pair{{.version = any_version()}};
  REQUIRE(pair.handshake());
  talk(pair);
  SSL_set_mode(pair.client(), SSL_MODE_RELEASE_BUFFERS);
  const std::size_t saved = freed_by([&] { talk(pair); });
  CAPTURE(saved);
#if OPENSSL_VERSION_NUMBER < 0x30200000L
  CHECK(saved > 32'000);
#else
  CHECK(saved > 16'000);
  CHECK(saved < 18'000);
#endif
}

TEST_CASE(
    "release_buffers cleared after the handshake keeps the buffers before 3.2, and goes on freeing them from 3.2 on") {
  RawPair pair{{.version = any_version(), .modes = SSL_MODE_RELEASE_BUFFERS}};
  REQUIRE(pair.handshake());
  talk(pair);
  SSL_clear_mode(pair.client(), SSL_MODE_RELEASE_BUFFERS);
  talk(pair);
  const std::size_t held = freed_by([&] { ::SSL_free_buffers(pair.client()); });
#if OPENSSL_VERSION_NUMBER < 0x30200000L
  CHECK(held > 32'000);
#else
  CHECK(held < 1'000);
#endif
}

TEST_CASE("release_buffers costs one allocation for a write and one for a read") {
  const int version = any_version();
  const auto allocations_of_a_talk = [&](std::uint64_t modes) {
    RawPair pair{{.version = version, .modes = modes}};
    REQUIRE(pair.handshake());
    talk(pair);
    const std::size_t before = openssl_allocations();
    talk(pair);
    return openssl_allocations() - before;
  };
  CHECK(allocations_of_a_talk(SSL_MODE_RELEASE_BUFFERS) == allocations_of_a_talk(0) + 4);  // two writes, two reads
}

TEST_CASE("without record buffers and keys an idle server holds 13 KiB before OpenSSL 3.2, and 21 KiB from 3.2 on") {
  RawPair pair;
  REQUIRE(pair.handshake());
  talk(pair);
  settle(pair.server());
  const std::size_t held = freed_by([&] { pair.release_server().reset(); });
  CAPTURE(held);
#if OPENSSL_VERSION_NUMBER < 0x30200000L
  CHECK(held < 14 * 1'024);
  CHECK(held > 12 * 1'024);
#else
  CHECK(held < 22 * 1'024);
  CHECK(held > 18 * 1'024);  // two record layers of 4.3 KiB
#endif
}

TEST_CASE("an idle client holds more than an idle server: the certificate of its peer, 3 to 6 KiB") {
  RawPair pair{{.version = any_version()}};
  REQUIRE(pair.handshake());
  talk(pair);
  settle(pair.client());
  settle(pair.server());
  const std::size_t client = freed_by([&] { pair.release_client().reset(); });
  const std::size_t server = freed_by([&] { pair.release_server().reset(); });
  CAPTURE(client, server);
  CHECK(client > server + 3 * 1'024);
  CHECK(client < server + 6 * 1'024);
}

TEST_CASE("nothing else that can be called after the handshake frees as much as 250 bytes") {
  RawPair pair{{.version = any_version()}};
  REQUIRE(pair.handshake());
  talk(pair);
  settle(pair.client());
  settle(pair.server());
  const std::size_t before = openssl_bytes_in_use();
  for (::SSL* const ssl : {pair.client(), pair.server()}) {
    ::SSL_certs_clear(ssl);  // the certificate itself is the context's
    CHECK(::SSL_set_ciphersuites(ssl, "TLS_AES_256_GCM_SHA384") == 1);
    CHECK(::SSL_set_cipher_list(ssl, "ECDHE-ECDSA-AES256-GCM-SHA384") == 1);
    CHECK(SSL_set1_groups_list(ssl, "X25519") == 1);
    CHECK(::X509_VERIFY_PARAM_set1_host(::SSL_get0_param(ssl), nullptr, 0) == 1);
    ::SSL_set_client_CA_list(ssl, nullptr);
  }
  CHECK(openssl_bytes_in_use() + 2 * 250 > before);
  talk(pair);
}

#if OPENSSL_VERSION_NUMBER >= 0x30500000L
TEST_CASE("a connection made with ML-KEM keeps those keys, X25519 alone does not") {
  const auto idle_with = [](const char* groups) {
    return idle_bytes({.modes = SSL_MODE_RELEASE_BUFFERS, .configure = [groups](::SSL_CTX* client, ::SSL_CTX* server) {
                         REQUIRE(SSL_CTX_set1_groups_list(client, groups) == 1);
                         REQUIRE(SSL_CTX_set1_groups_list(server, groups) == 1);
                       }});
  };
  CHECK(idle_with("X25519MLKEM768") > idle_with("X25519") + 8'000);
}
#endif
