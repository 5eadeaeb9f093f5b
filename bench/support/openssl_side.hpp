// SPDX-License-Identifier: MIT
// An SSL_CTX set up alike for all peers over OpenSSL: TLS 1.3, one suite, the client verifies chain and name, sessions are kept.
#ifndef TLSMODE_BENCH_SUPPORT_OPENSSL_SIDE_HPP
#define TLSMODE_BENCH_SUPPORT_OPENSSL_SIDE_HPP

#include <openssl/ssl.h>

#include "peer.hpp"

namespace bench {

/// Prints the OpenSSL error queue, then fails.
[[noreturn]] void fail_openssl(const char* what);

/// Adds the root that the client is to trust.
void add_root(X509_STORE* store, const Identity& identity);

/// The client's newest session, kept and offered again if the run is about resumption. Stays where it is made.
class OpenSslSessions {
 public:
  explicit OpenSslSessions(const Setup& setup) : kept_(setup.resume && setup.side == Side::client) {}
  ~OpenSslSessions() { ::SSL_SESSION_free(newest_); }
  OpenSslSessions(const OpenSslSessions&) = delete;
  OpenSslSessions& operator=(const OpenSslSessions&) = delete;

  void keep_those_of(SSL_CTX* context);
  void offer_to(SSL* ssl) const;

 private:
  static int remember(SSL* ssl, SSL_SESSION* session);

  bool kept_;
  SSL_SESSION* newest_ = nullptr;
};

/// Sets up a context that belongs to someone else.
class OpenSslSettings {
 public:
  OpenSslSettings(SSL_CTX* context, const Setup& setup);

  /// Says which side a connection is; gives a client's the name to ask for and to verify, and the session to resume.
  void prepare(SSL* ssl) const;

  [[nodiscard]] Side side() const noexcept { return side_; }

 private:
  Side side_;
  OpenSslSessions sessions_;
};

/// A context of our own with those settings, and with `modes` on top of the default ones.
class OpenSslSide {
 public:
  explicit OpenSslSide(const Setup& setup, long modes = 0)
      : context_(::SSL_CTX_new(::TLS_method())), settings_(context_, setup) {
    SSL_CTX_set_mode(context_, modes);
  }
  ~OpenSslSide() { ::SSL_CTX_free(context_); }
  OpenSslSide(const OpenSslSide&) = delete;
  OpenSslSide& operator=(const OpenSslSide&) = delete;

  /// A new connection, prepared but without a BIO.
  [[nodiscard]] SSL* connection() const;
  [[nodiscard]] SSL* connection(int descriptor) const;

 private:
  SSL_CTX* context_;
  OpenSslSettings settings_;
};

Facts openssl_facts(SSL* ssl);

}  // namespace bench

#endif
