// SPDX-License-Identifier: MIT
#ifndef TLSMODE_ENGINE_KEY_SHARES_HPP
#define TLSMODE_ENGINE_KEY_SHARES_HPP

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>

#include <tlsmode/detail/handle.hpp>

namespace tlsmode::engine {

/// Empties a key that others may hold, too. Any type that OpenSSL has built in would do: the functions that look at a key
/// bear an X25519 key without data, while they would follow the null pointer of an RSA key. An OpenSSL without X25519
/// complains; the data is gone all the same.
inline void empty_key(EVP_PKEY* key) noexcept {
  static_cast<void>(::EVP_PKEY_set_type(key, EVP_PKEY_X25519));
  ::ERR_clear_error();
}

/// Frees the keys that the key exchange was made with. Nothing needs them after the handshake, but OpenSSL keeps them until
/// SSL_free: 0.4 KiB, and with ML-KEM (OpenSSL 3.5) 6.8 KiB at a server and 8.4 KiB at a client.
/// From then on SSL_get_tmp_key and SSL_get_peer_tmp_key answer an empty key. Another handshake makes new ones.
/// Requires: no handshake in progress.
/// Wraps: SSL_get_tmp_key(3), EVP_PKEY_set_type(3).  Proof: tests/openssl/key_shares_test.cpp.
inline void drop_key_shares(SSL* ssl) noexcept {
  using Key = detail::Handle<&::EVP_PKEY_free>;
  EVP_PKEY* key = nullptr;
  if (SSL_get_tmp_key(ssl, static_cast<void*>(&key)) == 1) {
    empty_key(Key{key}.get());
  }
  if (SSL_get_peer_tmp_key(ssl, static_cast<void*>(&key)) == 1) {
    empty_key(Key{key}.get());
  }
}

}  // namespace tlsmode::engine

#endif
