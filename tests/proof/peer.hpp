// SPDX-License-Identifier: MIT
#ifndef TLSMODE_TESTS_PROOF_PEER_HPP
#define TLSMODE_TESTS_PROOF_PEER_HPP

// The other side of a connection under test: the raw C API, over a wire that never blocks it.

#include <cstddef>
#include <string>
#include <string_view>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "proof/scripted_wire.hpp"
#include "support/certificates.hpp"
#include "support/raw_pair.hpp"

namespace tlsmode_tests {

/// Chooses what costs least where one has hardware for it: there are tens of thousands of handshakes.
inline void make_cheap(::SSL_CTX* context) {
  SSL_CTX_set1_groups_list(context, "P-256");
  ::SSL_CTX_set_ciphersuites(context, "TLS_AES_128_GCM_SHA256");
  ::SSL_CTX_set_cipher_list(context, "ECDHE-ECDSA-AES128-GCM-SHA256");
}

class Peer {
 public:
  Peer(bool is_server, std::size_t record, ScriptedLane& in, ScriptedLane& out)
      : end_{in, out}, ssl_{::SSL_new(context(is_server))} {
    SSL_set_max_send_fragment(ssl_.get(), static_cast<long>(record));
    ::BIO* const bio = new_scripted_bio(end_);
    ::SSL_set_bio(ssl_.get(), bio, bio);
    is_server ? ::SSL_set_accept_state(ssl_.get()) : ::SSL_set_connect_state(ssl_.get());
  }
  Peer(const Peer&) = delete;  // the BIO points at this object
  Peer& operator=(const Peer&) = delete;

  [[nodiscard]] ::SSL* ssl() const noexcept { return ssl_.get(); }
  [[nodiscard]] bool handshake() { return quietly(::SSL_do_handshake(ssl_.get())); }

  /// Reads what has come, and appends it to `received`.
  void listen(std::string& received) {
    char buffer[16384];
    std::size_t got = 0;
    while (::SSL_read_ex(ssl_.get(), buffer, sizeof buffer, &got) == 1) received.append(buffer, got);
    const int error = ::SSL_get_error(ssl_.get(), 0);
    was_closed = error == SSL_ERROR_ZERO_RETURN;
    failed = failed || (error != SSL_ERROR_WANT_READ && !was_closed);
    ::ERR_clear_error();
  }

  void say(std::string_view text) {
    std::size_t put = 0;
    while (!has_closed && !text.empty() && ::SSL_write_ex(ssl_.get(), text.data(), text.size(), &put) == 1) {
      said += text.substr(0, put);
      text.remove_prefix(put);
    }
    ::ERR_clear_error();
  }
  void update_keys(int type) {
    if (has_closed) return;
    ::SSL_key_update(ssl_.get(), type);
    static_cast<void>(handshake());
  }
  /// Sends what OpenSSL would send with the next write only: the answer to a request for new keys.
  void answer() {
    if (::SSL_get_key_update_type(ssl_.get()) != SSL_KEY_UPDATE_NONE) update_keys(SSL_KEY_UPDATE_NOT_REQUESTED);
  }
  void send_ticket() {
    if (has_closed) return;
    ::SSL_new_session_ticket(ssl_.get());
    static_cast<void>(handshake());
  }
  /// Asks for a renegotiation: a server at once, a client when it listens next, so that it bears data in between.
  void renegotiate() {
    if (has_closed) return;
    ::SSL_renegotiate(ssl_.get());
    if (::SSL_is_server(ssl_.get()) != 0) static_cast<void>(handshake());
  }
  void close() {
    has_closed = has_closed || ::SSL_shutdown(ssl_.get()) >= 0;
    ::ERR_clear_error();
  }

  std::string said;
  bool has_closed = false;  // has said close_notify
  bool was_closed = false;  // has been told it
  bool failed = false;

 private:
  static bool quietly(int result) {
    ::ERR_clear_error();
    return result == 1;
  }
  [[nodiscard]] static ::SSL_CTX* context(bool is_server) {
    static const ContextHandle client = [] {
      ContextHandle made{::SSL_CTX_new(::TLS_client_method())};
      make_cheap(made.get());
      return made;
    }();
    static const ContextHandle server = [] {
      ContextHandle made{::SSL_CTX_new(::TLS_server_method())};
      make_cheap(made.get());
      ::SSL_CTX_set_num_tickets(made.get(), 1);
      ::SSL_CTX_set_session_cache_mode(made.get(), SSL_SESS_CACHE_OFF);
      ::SSL_CTX_use_certificate(made.get(), default_server().certificate());
      ::SSL_CTX_use_PrivateKey(made.get(), default_server().key());
      return made;
    }();
    return is_server ? server.get() : client.get();
  }

  ScriptedEnd end_;
  SslHandle ssl_;
};

}  // namespace tlsmode_tests

#endif
