// SPDX-License-Identifier: MIT
#ifndef TLSMODE_ENGINE_CHANNEL_SETUP_HPP
#define TLSMODE_ENGINE_CHANNEL_SETUP_HPP

#include <string_view>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <tlsmode/detail/handle.hpp>
#include <tlsmode/detail/pem.hpp>
#include <tlsmode/error.hpp>
#include <tlsmode/mode_set.hpp>
#include <tlsmode/native_bio.hpp>
#include <tlsmode/peer_name.hpp>
#include <tlsmode/policy.hpp>

namespace tlsmode::engine {

using SslHandle = detail::Handle<&::SSL_free>;

[[noreturn]] inline void refuse_connection(std::string_view message, ErrorKind kind = ErrorKind::input) {
  throw Error{{.kind = kind, .operation = Operation::make_connection, .message = message}};
}

/// Wraps: SSL_new(3). Errors: throws Error if the context is null (moved from) or there is no memory.
[[nodiscard]] inline SslHandle new_ssl(SSL_CTX* context) {
  if (context == nullptr) {
    refuse_connection("this context was moved from", ErrorKind::misuse);
  }
  SslHandle ssl{::SSL_new(context)};
  if (!ssl) {
    refuse_connection("OpenSSL made no SSL");
  }
  return ssl;
}

[[nodiscard]] inline NativeBio bios_of(const SSL* ssl) {
  if (ssl == nullptr) {
    refuse_connection("the adopted SSL is null");
  }
  return NativeBio::of(ssl);
}

/// An SSL that is connected already must have verified its peer, and the peer must be the one that is named.
template <PolicyType Policy>
void check_connected_peer(const SSL* ssl, const PeerName* peer) {
  if constexpr (ClientPolicy<Policy> && Policy::verification != Verification::insecure_anyone_can_be_my_peer) {
    const detail::Certificate certificate{::SSL_get1_peer_certificate(ssl)};
    const long result = ::SSL_get_verify_result(ssl);
    const bool is_named = peer == nullptr || (certificate && peer->is_on(certificate.get()));
    if (!certificate || result != X509_V_OK || !is_named) {
      throw Error{{.kind = ErrorKind::verification,
                   .operation = Operation::make_connection,
                   .message = "the adopted SSL is connected to a peer that this policy does not accept",
                   .subject = peer != nullptr ? peer->text() : "",
                   .verify_result = result != X509_V_OK ? result : long{X509_V_ERR_HOSTNAME_MISMATCH}}};
    }
  }
}

/// Establishes the policy on an SSL, new or adopted: role, modes, record size, verification, the peer's name.
template <PolicyType Policy>
void set_up_channel(SSL* ssl, const PeerName* peer) {
  static_assert(detail::policy_is_coherent<Policy>());
  if (ssl == nullptr) {
    refuse_connection("the adopted SSL is null");
  }
  ::ERR_clear_error();
  SSL_clear_mode(ssl, long{contract_modes.bits()});
  SSL_set_mode(ssl, long{modes_of<Policy>.bits()});
  SSL_set_max_send_fragment(ssl, long{Policy::record_size});
  constexpr bool is_client = Policy::role == Role::client;
  if constexpr (is_client) {
    ::SSL_set_verify(
        ssl, Policy::verification == Verification::insecure_anyone_can_be_my_peer ? SSL_VERIFY_NONE : SSL_VERIFY_PEER,
        ::SSL_get_verify_callback(ssl));
  }
  if (::SSL_in_before(ssl) != 0) {
    ::ERR_clear_error();
    is_client ? ::SSL_set_connect_state(ssl) : ::SSL_set_accept_state(ssl);
    if (::ERR_peek_error() != 0) {  // they cannot say so themselves; since 3.2 such an SSL has no record layer
      refuse_connection("no memory for the record layer", ErrorKind::out_of_memory);
    }
  } else if ((::SSL_is_server(ssl) != 0) == is_client) {
    refuse_connection("the adopted SSL is on the other side of the handshake than the policy");
  }
  if (peer != nullptr && !peer->apply_to(ssl)) {
    refuse_connection("no memory for the peer's name", ErrorKind::out_of_memory);
  }
  if (::SSL_is_init_finished(ssl) != 0) {
    check_connected_peer<Policy>(ssl, peer);
  }
  ::ERR_clear_error();
}

}  // namespace tlsmode::engine

#endif
