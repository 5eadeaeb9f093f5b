// SPDX-License-Identifier: MIT
#include "fuzz/raw_ssl.hpp"

#include <cerrno>
#include <cstring>
#include <memory>
#include <string_view>

#include <openssl/bio.h>
#include <openssl/err.h>

#include "fuzz/fuzz.hpp"
#include "support/certificates.hpp"

namespace tlsmode_tests {
namespace {

using tlsmode::IoStatus;
using SessionHandle = std::unique_ptr<::SSL_SESSION, FreeWith<&::SSL_SESSION_free>>;

WireEnd& end_of(::BIO* bio) { return *static_cast<WireEnd*>(::BIO_get_data(bio)); }

int wire_read(::BIO* bio, char* to, std::size_t size, std::size_t* got) {
  BIO_clear_retry_flags(bio);
  const auto result = end_of(bio).receive({reinterpret_cast<std::byte*>(to), size});
  if (result.status == IoStatus::want_read) BIO_set_retry_read(bio);
  ::BIO_set_flags(bio, result.status == IoStatus::closed ? BIO_FLAGS_IN_EOF : 0);
  *got = result.bytes;
  return result.status == IoStatus::done ? 1 : result.status == IoStatus::closed ? 0 : -1;  // as a socket BIO does
}

int wire_write(::BIO* bio, const char* from, std::size_t size, std::size_t* put) {
  BIO_clear_retry_flags(bio);
  const auto result = end_of(bio).send({reinterpret_cast<const std::byte*>(from), size});
  if (result.status == IoStatus::want_write) BIO_set_retry_write(bio);
  *put = result.bytes;
  return result.status == IoStatus::done ? 1 : -1;
}

long wire_control(::BIO* bio, int command, long, void*) {
  switch (command) {
    case BIO_CTRL_FLUSH: return 1;
    case BIO_CTRL_EOF: return ::BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0;
    default: return 0;
  }
}

::BIO* new_wire_bio(WireEnd& end) {
  static ::BIO_METHOD* const method = [] {
    ::BIO_METHOD* const made = ::BIO_meth_new(::BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "fuzzed wire");
    ::BIO_meth_set_read_ex(made, &wire_read);
    ::BIO_meth_set_write_ex(made, &wire_write);
    ::BIO_meth_set_ctrl(made, &wire_control);
    return made;
  }();
  ::BIO* const bio = ::BIO_new(method);
  ::BIO_set_data(bio, &end);
  ::BIO_set_init(bio, 1);
  return bio;
}

/// "CLIENT_TRAFFIC_SECRET_0 <random> <secret>", as the key log has it. One handshake at a time is under way.
std::string logged_secrets[2];
void log_key(const ::SSL*, const char* line) {
  const std::string_view text{line};
  const std::size_t at = text.rfind(' ') + 1;
  if (text.starts_with("SERVER_TRAFFIC_SECRET_0")) logged_secrets[0] = text.substr(at);
  if (text.starts_with("CLIENT_TRAFFIC_SECRET_0")) logged_secrets[1] = text.substr(at);
}

ContextHandle make_raw_context(bool is_client) {
  ContextHandle context{::SSL_CTX_new(is_client ? ::TLS_client_method() : ::TLS_server_method())};
  require(context != nullptr, "a context");
  ::SSL_CTX_set_keylog_callback(context.get(), &log_key);
  require(::SSL_CTX_set_cipher_list(context.get(), "ECDHE-ECDSA-AES128-GCM-SHA256") == 1, "ciphers");
  if (!is_client) {
    require(::SSL_CTX_use_certificate(context.get(), default_server().certificate()) == 1, "certificate");
    require(::SSL_CTX_use_PrivateKey(context.get(), default_server().key()) == 1, "private key");
  }
  share_tickets(context.get());
  return context;
}

SslHandle new_raw_ssl(bool is_client) {
  static const ContextHandle contexts[] = {make_raw_context(false), make_raw_context(true)};
  SslHandle ssl{::SSL_new(contexts[is_client ? 1 : 0].get())};
  is_client ? ::SSL_set_connect_state(ssl.get()) : ::SSL_set_accept_state(ssl.get());
  return ssl;
}

SessionHandle make_session(int version) {
  Wire wire;
  WireEnd client_end = WireEnd::client(wire);
  WireEnd server_end = WireEnd::server(wire);
  const SslHandle client = new_raw_ssl(true);
  const SslHandle server = new_raw_ssl(false);
  put_wire_under(client.get(), client_end);
  put_wire_under(server.get(), server_end);
  set_version(client.get(), version, false);
  ::X509_STORE* const trusted = ::SSL_CTX_get_cert_store(::SSL_get_SSL_CTX(client.get()));
  require(::X509_STORE_add_cert(trusted, default_authority().certificate()) == 1, "trusted root");
  ::SSL_set_verify(client.get(), SSL_VERIFY_PEER, nullptr);  // a resumed session says how it was verified
  require(SSL_set_tlsext_host_name(client.get(), "server.example") == 1, "server name");
  for (int round = 0; round != 4; ++round) {
    ::SSL_do_handshake(client.get());
    ::SSL_do_handshake(server.get());
  }
  char buffer[1];
  ::SSL_read(client.get(), buffer, 1);
  ::ERR_clear_error();
  SessionHandle session{::SSL_get1_session(client.get())};
  require(session && ::SSL_SESSION_is_resumable(session.get()) == 1, "a session to resume");
  return session;
}

}  // namespace

void put_wire_under(::SSL* ssl, WireEnd& end) { ::SSL_set_bio(ssl, new_wire_bio(end), new_wire_bio(end)); }

void share_tickets(::SSL_CTX* context) {
  char keys[80] = "the key of all tickets";
  require(SSL_CTX_set_tlsext_ticket_keys(context, keys, sizeof keys) == 1, "ticket keys");
  const unsigned char name[] = "tlsmode";
  require(::SSL_CTX_set_session_id_context(context, name, sizeof name - 1) == 1, "session id context");
  require(SSL_CTX_set1_groups_list(context, "P-256") == 1, "groups");
  require(::SSL_CTX_set_ciphersuites(context, "TLS_AES_128_GCM_SHA256") == 1,
          "cipher suites");  // one hash: that of the sessions
}

void set_version(::SSL* ssl, int version, bool resumes) {
  require(SSL_set_min_proto_version(ssl, version) == 1 && SSL_set_max_proto_version(ssl, version) == 1, "version");
  if (!resumes || ::SSL_is_server(ssl) == 1) return;
  static const SessionHandle sessions[] = {make_session(TLS1_2_VERSION), make_session(TLS1_3_VERSION)};
  const SessionHandle own{::SSL_SESSION_dup(sessions[version == TLS1_2_VERSION ? 0 : 1].get())};
  require(::SSL_set_session(ssl, own.get()) == 1, "session");
}

SslHandle make_raw_ssl(bool is_client, WireEnd& end) {
  SslHandle ssl = new_raw_ssl(is_client);
  put_wire_under(ssl.get(), end);
  ::SSL_set_num_tickets(ssl.get(), 0);
  logged_secrets[is_client ? 1 : 0].clear();
  return ssl;
}

std::string sending_secret(const ::SSL* ssl) {
  const std::string& hex = logged_secrets[::SSL_is_server(ssl) == 1 ? 0 : 1];
  std::string secret;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    secret.push_back(static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16)));
  }
  return secret;
}

}  // namespace tlsmode_tests
