// SPDX-License-Identifier: MIT
// The keys that a key exchange was made with: how long OpenSSL keeps them, how they can be emptied, and what then.
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>

#include "support/catch.hpp"
#include "support/openssl_memory.hpp"
#include "support/raw_pair.hpp"

using namespace tlsmode_tests;

namespace {

using Key = std::unique_ptr<::EVP_PKEY, FreeWith<&::EVP_PKEY_free>>;

Key own_key(::SSL* ssl) {
  ::EVP_PKEY* key = nullptr;
  SSL_get_tmp_key(ssl, &key);
  return Key{key};
}
Key peer_key(::SSL* ssl) {
  ::EVP_PKEY* key = nullptr;
  SSL_get_peer_tmp_key(ssl, &key);
  return Key{key};
}

/// Returns: how many keys there were.
int empty_keys(::SSL* ssl) {
  int keys = 0;
  for (const Key& key : {own_key(ssl), peer_key(ssl)}) {
    if (key == nullptr) continue;
    CHECK(::EVP_PKEY_set_type(key.get(), EVP_PKEY_X25519) == 1);
    ++keys;
  }
  return keys;
}

std::size_t freed_by_emptying(::SSL* ssl) {
  const std::size_t before = openssl_bytes_in_use();
  REQUIRE(empty_keys(ssl) > 0);
  return before - openssl_bytes_in_use();
}

PairOptions with_groups(const char* groups, int version = TLS1_3_VERSION) {
  return {.version = version, .configure = [groups](::SSL_CTX* client, ::SSL_CTX* server) {
            REQUIRE(SSL_CTX_set1_groups_list(client, groups) == 1);
            REQUIRE(SSL_CTX_set1_groups_list(server, groups) == 1);
          }};
}

void send_both_ways(RawPair& pair) {
  std::string got;
  REQUIRE(write(pair.client(), "request").result == 7);
  REQUIRE(read(pair.server(), got).result == 7);
  REQUIRE(write(pair.server(), "response").result == 8);
  REQUIRE(read(pair.client(), got).result == 8);
  CHECK(got == "requestresponse");
}

}  // namespace

TEST_CASE(
    "OpenSSL keeps the keys of the key exchange of TLS 1.3 after the handshake, and EVP_PKEY_set_type frees them") {
  const char* const groups = GENERATE("X25519", "P-256", "X448");
  CAPTURE(groups);
  RawPair pair{with_groups(groups)};
  REQUIRE(pair.handshake());
  send_both_ways(pair);
  CHECK(freed_by_emptying(pair.client()) > 200);
  CHECK(freed_by_emptying(pair.server()) > 200);
  send_both_ways(pair);
}

#if OPENSSL_VERSION_NUMBER >= 0x30500000L
TEST_CASE("keys of ML-KEM take more than 6,500 bytes at a server, and more than 8,000 at a client") {
  RawPair pair;
  REQUIRE(pair.handshake());
  REQUIRE(std::string_view{::SSL_get0_group_name(pair.server())} == "X25519MLKEM768");
  CHECK(freed_by_emptying(pair.client()) > 8'000);
  CHECK(freed_by_emptying(pair.server()) > 6'500);
  send_both_ways(pair);
}
#endif

TEST_CASE("a key that has been emptied can be looked at, and says that it has no data") {
  RawPair pair{with_groups("P-256")};
  REQUIRE(pair.handshake());
  REQUIRE(empty_keys(pair.client()) == 2);
  const Key key = peer_key(pair.client());
  REQUIRE(key != nullptr);
  CHECK(::EVP_PKEY_get_bits(key.get()) == 253);  // an X25519 key without data
  CHECK(::EVP_PKEY_get_security_bits(key.get()) == 128);
  unsigned char bytes[64];
  std::size_t size = sizeof bytes;
  CHECK(::EVP_PKEY_get_raw_public_key(key.get(), bytes, &size) == 0);
  unsigned char* encoded = nullptr;
  CHECK(::EVP_PKEY_get1_encoded_public_key(key.get(), &encoded) == 0);
  CHECK(SSL_get_negotiated_group(pair.client()) == NID_X9_62_prime256v1);
  ::ERR_clear_error();
}

TEST_CASE("after their keys are emptied, TLS 1.3 connections update keys, take tickets and close") {
  RawPair pair;
  SSL_CTX_set_session_cache_mode(pair.client_context(), SSL_SESS_CACHE_CLIENT);
  REQUIRE(pair.handshake());
  REQUIRE(empty_keys(pair.client()) > 0);
  REQUIRE(empty_keys(pair.server()) > 0);
  CHECK(::SSL_key_update(pair.client(), SSL_KEY_UPDATE_REQUESTED) == 1);
  CHECK(::SSL_key_update(pair.server(), SSL_KEY_UPDATE_REQUESTED) == 1);
  send_both_ways(pair);
  CHECK(::SSL_new_session_ticket(pair.server()) == 1);
  send_both_ways(pair);
  CHECK(::SSL_SESSION_is_resumable(::SSL_get0_session(pair.client())) == 1);
  CHECK(call(pair.client(), [&] { return ::SSL_shutdown(pair.client()); }).result == 0);
  CHECK(call(pair.server(), [&] { return ::SSL_shutdown(pair.server()); }).result == 0);
  CHECK(call(pair.client(), [&] { return ::SSL_shutdown(pair.client()); }).result == 1);
}

TEST_CASE("after their keys are emptied, a TLS 1.3 client can still authenticate itself") {
  RawPair pair{{.configure = [](::SSL_CTX* client, ::SSL_CTX* server) {
    REQUIRE(::SSL_CTX_use_certificate(client, default_client().certificate()) == 1);
    REQUIRE(::SSL_CTX_use_PrivateKey(client, default_client().key()) == 1);
    ::SSL_CTX_set_post_handshake_auth(client, 1);
    REQUIRE(::X509_STORE_add_cert(::SSL_CTX_get_cert_store(server), default_authority().certificate()) == 1);
  }}};
  REQUIRE(pair.handshake());
  REQUIRE(empty_keys(pair.client()) > 0);
  REQUIRE(empty_keys(pair.server()) > 0);
  ::SSL_set_verify(pair.server(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  REQUIRE(::SSL_verify_client_post_handshake(pair.server()) == 1);
  REQUIRE(call(pair.server(), [&] { return ::SSL_do_handshake(pair.server()); }).result == 1);
  send_both_ways(pair);  // brings the request
  send_both_ways(pair);  // and the answer
  CHECK(::SSL_get0_peer_certificate(pair.server()) != nullptr);
  CHECK(::SSL_get_verify_result(pair.server()) == X509_V_OK);
}

TEST_CASE("after their keys are emptied, TLS 1.2 connections renegotiate with new ones") {
  RawPair pair{{.version = TLS1_2_VERSION, .options = SSL_OP_NO_SESSION_RESUMPTION_ON_RENEGOTIATION}};
  REQUIRE(pair.handshake());
  REQUIRE(empty_keys(pair.client()) > 0);
  REQUIRE(::SSL_renegotiate(pair.server()) == 1);
  REQUIRE(pair.handshake());
  std::string nothing;
  for (int flight = 0; flight != 3; ++flight) {
    read_all(pair.client(), nothing);
    read_all(pair.server(), nothing);
  }
  CHECK(SSL_num_renegotiations(pair.client()) == 1);
  CHECK(freed_by_emptying(pair.client()) > 100);  // there is something in it again
  send_both_ways(pair);
}
