// SPDX-License-Identifier: MIT
// What becomes of the keys is in tests/openssl/key_shares_test.cpp; here, that connections drop them, and when.
#include <tlsmode/engine/key_shares.hpp>

#include <cstddef>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>

#include "support/catch.hpp"
#include "support/openssl_memory.hpp"
#include "support/raw_pair.hpp"
#include "support/tls_pair.hpp"

using namespace tlsmode;
using namespace tlsmode_tests;

namespace {

template <typename Base>
struct Keeping : Base {
  static constexpr bool keep_key_shares = true;
};

/// Whether there is a key, and it can be read. Frees it.
bool has_data(EVP_PKEY* key) {
  unsigned char* encoded = nullptr;
  const std::size_t size = ::EVP_PKEY_get1_encoded_public_key(key, &encoded);
  ::OPENSSL_free(encoded);
  ::EVP_PKEY_free(key);
  ::ERR_clear_error();
  return size != 0;
}

/// Whether the key with which this side made the handshake is still there.
bool has_own_key(const SSL* ssl) {
  EVP_PKEY* key = nullptr;
  return SSL_get_tmp_key(const_cast<SSL*>(ssl), &key) == 1 && has_data(key);
}

/// And the one that the peer has sent.
bool has_key_of_peer(const SSL* ssl) {
  EVP_PKEY* key = nullptr;
  return SSL_get_peer_tmp_key(const_cast<SSL*>(ssl), &key) == 1 && has_data(key);
}

}  // namespace

TEST_CASE("a connection drops the keys of its key exchange when the handshake is done") {
  TlsPair<> pair;
  REQUIRE(shake_hands(pair).done());
  CHECK(!has_own_key(pair.client.native_handle()));
  CHECK(!has_own_key(pair.server.native_handle()));
  CHECK(!has_key_of_peer(pair.client.native_handle()));
  CHECK(!has_key_of_peer(pair.server.native_handle()));
  CHECK(carry(pair.client, pair.server, "request") == "request");
  CHECK(carry(pair.server, pair.client, "response") == "response");
}

TEST_CASE("a connection whose policy says so keeps the keys of its key exchange") {
  TlsPair<Keeping<Client>, Keeping<Server>> pair{{.configure = [](::SSL_CTX* client, ::SSL_CTX*) {
    REQUIRE(SSL_CTX_set1_groups_list(client, "X25519") == 1);  // with ML-KEM a server has no key of its own
  }}};
  REQUIRE(shake_hands(pair).done());
  CHECK(has_own_key(pair.client.native_handle()));
  CHECK(has_own_key(pair.server.native_handle()));
  CHECK(has_key_of_peer(pair.client.native_handle()));
  CHECK(has_key_of_peer(pair.server.native_handle()));
}

TEST_CASE("an SSL that is connected already loses them when it is adopted") {
  RawPair pair{
      {.configure = [](::SSL_CTX* client, ::SSL_CTX*) { REQUIRE(SSL_CTX_set1_groups_list(client, "X25519") == 1); }}};
  REQUIRE(pair.handshake());
  REQUIRE(has_own_key(pair.server()));
  const Connection<Server, NativeBio> adopted{pair.release_server().release()};
  CHECK(!has_own_key(adopted.native_handle()));
}

TEST_CASE("dropping the keys a second time, or where there are none, does nothing") {
  TlsPair<> pair;
  engine::drop_key_shares(pair.client.native_handle());
  REQUIRE(shake_hands(pair).done());
  const std::size_t before = openssl_bytes_in_use();
  engine::drop_key_shares(pair.client.native_handle());
  engine::drop_key_shares(pair.server.native_handle());
  CHECK(openssl_bytes_in_use() == before);
  CHECK(::ERR_peek_error() == 0);
}
