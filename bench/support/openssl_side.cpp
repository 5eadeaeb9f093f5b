// SPDX-License-Identifier: MIT
#include "openssl_side.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>

namespace bench {
namespace {

int sessions_index() {
  static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

BIO* memory_of(const std::string& text) { return ::BIO_new_mem_buf(text.data(), static_cast<int>(text.size())); }

/// Calls `use` with every certificate of a PEM text, in order.
template <class Use>
void for_each_certificate(const std::string& pem, Use use) {
  BIO* memory = memory_of(pem);
  while (X509* certificate = ::PEM_read_bio_X509(memory, nullptr, nullptr, nullptr)) {
    use(certificate);
    ::X509_free(certificate);
  }
  ::ERR_clear_error();  // the end of the text
  ::BIO_free(memory);
}

EVP_PKEY* key_of(const Identity& identity) {
  BIO* memory = memory_of(identity.key_pem);
  EVP_PKEY* key = ::PEM_read_bio_PrivateKey(memory, nullptr, nullptr, nullptr);
  ::BIO_free(memory);
  return key;
}

void set_up_client(SSL_CTX* context, const Identity& identity) {
  add_root(::SSL_CTX_get_cert_store(context), identity);
  if (identity.in_a_chain && ::SSL_CTX_set_default_verify_paths(context) != 1) fail_openssl("default paths");
  ::SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
}

void set_up_server(SSL_CTX* context, const Identity& identity) {
  bool first = true;
  for_each_certificate(identity.certificate_pem, [&](X509* certificate) {
    const long done =
        first ? ::SSL_CTX_use_certificate(context, certificate) : SSL_CTX_add1_chain_cert(context, certificate);
    if (done != 1) fail_openssl("certificate");
    first = false;
  });
  EVP_PKEY* key = key_of(identity);
  if (::SSL_CTX_use_PrivateKey(context, key) != 1) fail_openssl("private key");
  ::EVP_PKEY_free(key);
}

}  // namespace

void fail_openssl(const char* what) {
  ::ERR_print_errors_fp(stderr);
  fail(what);
}

void add_root(X509_STORE* store, const Identity& identity) {
  for_each_certificate(identity.root_pem, [&](X509* root) {
    if (::X509_STORE_add_cert(store, root) != 1) fail_openssl("X509_STORE_add_cert");
  });
}

OpenSslSettings::OpenSslSettings(SSL_CTX* context, const Setup& setup) : side_(setup.side), sessions_(setup) {
  if (context == nullptr) fail_openssl("SSL_CTX_new");
  if (SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) != 1) fail_openssl("SSL_CTX_set_min_proto_version");
  if (::SSL_CTX_set_ciphersuites(context, cipher_suite) != 1) fail_openssl("SSL_CTX_set_ciphersuites");
  if (side_ == Side::client) {
    set_up_client(context, setup.identity);
    sessions_.keep_those_of(context);
  } else {
    set_up_server(context, setup.identity);
  }
}

void OpenSslSettings::prepare(SSL* ssl) const {
  if (side_ == Side::server) return ::SSL_set_accept_state(ssl);
  ::SSL_set_connect_state(ssl);
  if (SSL_set_tlsext_host_name(ssl, server_name) != 1 || ::SSL_set1_host(ssl, server_name) != 1)
    fail_openssl("peer name");
  sessions_.offer_to(ssl);
}

void OpenSslSessions::keep_those_of(SSL_CTX* context) {
  if (!kept_) return;
  ::SSL_CTX_set_ex_data(context, sessions_index(), this);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  ::SSL_CTX_sess_set_new_cb(context, &OpenSslSessions::remember);
}

void OpenSslSessions::offer_to(SSL* ssl) const {
  if (newest_ != nullptr && ::SSL_set_session(ssl, newest_) != 1) fail_openssl("SSL_set_session");
}

int OpenSslSessions::remember(SSL* ssl, SSL_SESSION* session) {
  auto* self = static_cast<OpenSslSessions*>(::SSL_CTX_get_ex_data(::SSL_get_SSL_CTX(ssl), sessions_index()));
  ::SSL_SESSION_free(self->newest_);
  self->newest_ = session;
  return 1;  // the session is ours
}

SSL* OpenSslSide::connection() const {
  SSL* ssl = ::SSL_new(context_);
  if (ssl == nullptr) fail_openssl("SSL_new");
  settings_.prepare(ssl);
  return ssl;
}

SSL* OpenSslSide::connection(int descriptor) const {
  SSL* ssl = connection();
  if (::SSL_set_fd(ssl, descriptor) != 1) fail_openssl("SSL_set_fd");
  return ssl;
}

Facts openssl_facts(SSL* ssl) {
  const char* const group = SSL_group_to_name(ssl, static_cast<int>(SSL_get_negotiated_group(ssl)));
  return {std::string("OpenSSL ") + ::OpenSSL_version(OPENSSL_VERSION_STRING), ::SSL_get_version(ssl),
          ::SSL_get_cipher_name(ssl), ::SSL_session_reused(ssl) == 1, group != nullptr ? group : ""};
}

}  // namespace bench
