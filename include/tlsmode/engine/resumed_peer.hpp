// SPDX-License-Identifier: MIT
#ifndef TLSMODE_ENGINE_RESUMED_PEER_HPP
#define TLSMODE_ENGINE_RESUMED_PEER_HPP

#include <cstddef>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <tlsmode/detail/handle.hpp>

namespace tlsmode::engine {

/// Verifies the certificate of the session of `ssl` as OpenSSL verifies one that the peer shows in a full handshake: by
/// the store, the parameters, the expected name and the callback that the SSL has now.
/// Returns: X509_V_OK, or why not. Leaves the error queue empty. Wraps: X509_verify_cert(3).
[[nodiscard]] inline long verify_peer_again(SSL* ssl) noexcept {
  X509* const leaf = ::SSL_get0_peer_certificate(ssl);
  if (leaf == nullptr) {
    return X509_V_ERR_APPLICATION_VERIFICATION;
  }
  X509_STORE* store = nullptr;
  SSL_get0_verify_cert_store(ssl, &store);
  if (store == nullptr) {
    store = ::SSL_CTX_get_cert_store(::SSL_get_SSL_CTX(ssl));
  }
  const detail::Handle<&::X509_STORE_CTX_free> check{::X509_STORE_CTX_new()};
  long result = X509_V_ERR_OUT_OF_MEM;
  if (check && ::X509_STORE_CTX_init(check.get(), store, leaf, ::SSL_get_peer_cert_chain(ssl)) == 1) {
    X509_VERIFY_PARAM* const rules = ::X509_STORE_CTX_get0_param(check.get());
    ::X509_VERIFY_PARAM_set_auth_level(rules, ::SSL_get_security_level(ssl));
    ::X509_STORE_CTX_set_ex_data(check.get(), ::SSL_get_ex_data_X509_STORE_CTX_idx(), ssl);
    ::X509_STORE_CTX_set_default(check.get(), ::SSL_is_server(ssl) != 0 ? "ssl_client" : "ssl_server");
    ::X509_VERIFY_PARAM_set1(rules, ::SSL_get0_param(ssl));
    if (const auto callback = ::SSL_get_verify_callback(ssl); callback != nullptr) {
      ::X509_STORE_CTX_set_verify_cb(check.get(), callback);
    }
    const bool accepted = ::X509_verify_cert(check.get()) == 1;
    const long reason = ::X509_STORE_CTX_get_error(check.get());
    result = accepted ? X509_V_OK : reason != X509_V_OK ? reason : long{X509_V_ERR_UNSPECIFIED};
  }
  ::ERR_clear_error();
  return result;
}

/// What this SSL's rules say of the peer of a handshake that has just ended. A resumed handshake verifies nobody: it
/// takes the word of the session, whoever made that, with whatever trust, for whatever name.
/// Returns: X509_V_OK, or why not.
[[nodiscard]] inline long check_resumed_peer(SSL* ssl) noexcept {
  const int mode = ::SSL_get_verify_mode(ssl);
  if (::SSL_session_reused(ssl) == 0 || (mode & SSL_VERIFY_PEER) == 0) {
    return X509_V_OK;
  }
  const bool may_be_anonymous = ::SSL_is_server(ssl) != 0 && (mode & SSL_VERIFY_FAIL_IF_NO_PEER_CERT) == 0;
  if (may_be_anonymous && ::SSL_get0_peer_certificate(ssl) == nullptr) {
    return X509_V_OK;
  }
  const long result = verify_peer_again(ssl);
  if (result == X509_V_OK) {
    ::SSL_set_verify_result(ssl, result);  // the session may carry what another context had to say
  }
  return result;
}

}  // namespace tlsmode::engine

#endif
