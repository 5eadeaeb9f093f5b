// SPDX-License-Identifier: MIT
#ifndef TLSMODE_ENGINE_RESUMED_PEER_HPP
#define TLSMODE_ENGINE_RESUMED_PEER_HPP

#include <cstddef>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#include <tlsmode/detail/handle.hpp>
#include <tlsmode/detail/trust_digest.hpp>
#include <tlsmode/peer_name.hpp>

namespace tlsmode::engine {

inline void free_text(char* text) noexcept { ::OPENSSL_free(text); }

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

/// Whether this SSL verifies as its context does, by rules of which a certificate that once kept them keeps them until it
/// expires: no CRLs, no time of its own, no callback.
[[nodiscard]] inline bool has_lasting_rules(SSL* ssl) noexcept {
  constexpr unsigned long lasting =
      X509_V_FLAG_TRUSTED_FIRST | X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_X509_STRICT | X509_V_FLAG_NO_ALT_CHAINS;
  SSL_CTX* const context = ::SSL_get_SSL_CTX(ssl);
  X509_VERIFY_PARAM* const rules = ::SSL_get0_param(ssl);
  X509_VERIFY_PARAM* const of_context = ::SSL_CTX_get0_param(context);
  X509_STORE* store = nullptr;
  SSL_get0_verify_cert_store(ssl, &store);
  const unsigned long flags = ::X509_VERIFY_PARAM_get_flags(rules);
  const unsigned long of_store =
      ::X509_VERIFY_PARAM_get_flags(::X509_STORE_get0_param(::SSL_CTX_get_cert_store(context)));
  return store == nullptr && ::SSL_get_verify_callback(ssl) == nullptr && ((flags | of_store) & ~lasting) == 0 &&
         flags == ::X509_VERIFY_PARAM_get_flags(of_context) &&
         ::X509_VERIFY_PARAM_get_depth(rules) == ::X509_VERIFY_PARAM_get_depth(of_context) &&
         ::X509_VERIFY_PARAM_get_auth_level(rules) == ::X509_VERIFY_PARAM_get_auth_level(of_context) &&
         ::SSL_get_security_level(ssl) == ::SSL_CTX_get_security_level(context) &&
         ::X509_VERIFY_PARAM_get0_email(rules) == nullptr;
}

[[nodiscard]] inline bool is_in_time(const X509* certificate) noexcept {
  return ::X509_cmp_current_time(::X509_get0_notBefore(certificate)) < 0 &&
         ::X509_cmp_current_time(::X509_get0_notAfter(certificate)) > 0;
}

/// Whether every certificate that the session has kept is valid now. One out of a ticket has kept the peer's own only.
[[nodiscard]] inline bool are_in_time(const X509* leaf, const STACK_OF(X509) * chain) noexcept {
  bool all = is_in_time(leaf);
  for (int i = 0; all && i < sk_X509_num(chain); ++i) {
    all = is_in_time(sk_X509_value(chain, i));
  }
  return all;
}

/// Whether `leaf` carries one of the names that `rules` ask for, and the address.
[[nodiscard]] inline bool has_name(X509* leaf, X509_VERIFY_PARAM* rules) noexcept {
  bool is_named = ::X509_VERIFY_PARAM_get0_host(rules, 0) == nullptr;
  const unsigned flags = ::X509_VERIFY_PARAM_get_hostflags(rules);
  for (int i = 0; const char* const host = is_named ? nullptr : ::X509_VERIFY_PARAM_get0_host(rules, i); ++i) {
    is_named = ::X509_check_host(leaf, host, 0, flags, nullptr) == 1;
  }
  const detail::Handle<&free_text> address{::X509_VERIFY_PARAM_get1_ip_asc(rules)};
  return is_named && (!address || ::X509_check_ip_asc(leaf, address.get(), 0) == 1);
}

/// Whether the session of `ssl` is proof enough: a context with the same trust, rules, identity and policy has accepted this
/// peer, its digest says, and neither time nor the name asked for now says otherwise. A server could not verify most of
/// them again: a ticket holds the client's certificate, and not those of its issuers.
[[nodiscard]] inline bool session_proves_peer(SSL* ssl) noexcept {
  const SSL_SESSION* const session = ::SSL_get_session(ssl);
  X509* const leaf = ::SSL_get0_peer_certificate(ssl);
  return leaf != nullptr && session != nullptr && detail::has_whole_digest(session) &&
         ::SSL_get_verify_result(ssl) == X509_V_OK && has_lasting_rules(ssl) &&
         are_in_time(leaf, ::SSL_get_peer_cert_chain(ssl)) && has_name(leaf, ::SSL_get0_param(ssl));
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
  if (session_proves_peer(ssl)) {
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
