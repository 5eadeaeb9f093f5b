// SPDX-License-Identifier: MIT
#include "support/raw_pair.hpp"

#include <algorithm>
#include <cerrno>
#include <stdexcept>

#include <openssl/bio.h>
#include <openssl/err.h>

namespace tlsmode_tests {
namespace {

struct Wire {
  Direction* incoming;
  Direction* outgoing;
};

Wire& wire_of(::BIO* bio) { return *static_cast<Wire*>(::BIO_get_data(bio)); }

int wire_write(::BIO* bio, const char* bytes, std::size_t size, std::size_t* written) {
  Direction& way = *wire_of(bio).outgoing;
  BIO_clear_retry_flags(bio);
  ++way.write_calls;
  if (way.write_errno != 0) {
    errno = way.write_errno;
    return -1;
  }
  if (way.budget == 0 || (way.datagrams && way.budget < size)) {
    ++way.blocked_writes;
    BIO_set_retry_write(bio);
    errno = EAGAIN;
    return -1;
  }
  const std::size_t accepted = std::min(size, way.budget);
  if (way.budget != unlimited) way.budget -= accepted;
  way.delivered.append(bytes, accepted);
  if (way.datagrams) way.boundaries.push_back(accepted);
  *written = accepted;
  return 1;
}

int wire_read(::BIO* bio, char* buffer, std::size_t size, std::size_t* got) {
  Direction& way = *wire_of(bio).incoming;
  BIO_clear_retry_flags(bio);
  ++way.read_calls;
  if (way.read_errno != 0) {
    errno = way.read_errno;
    return -1;
  }
  if (way.in_flight() == 0) {
    if (way.ended) return 0;
    ++way.blocked_reads;
    BIO_set_retry_read(bio);
    errno = EAGAIN;
    return -1;
  }
  const std::size_t message = way.datagrams ? way.boundaries.front() : way.in_flight();
  *got = std::min(size, message);
  way.delivered.copy(buffer, *got, way.taken);
  if (way.datagrams) {
    way.taken += message;  // what did not fit is lost, as with recv(2)
    way.boundaries.pop_front();
  } else {
    way.taken += *got;
  }
  return 1;
}

long wire_control(::BIO* bio, int command, long, void*) {
  const Direction& incoming = *wire_of(bio).incoming;
  switch (command) {
    case BIO_CTRL_FLUSH: return 1;
    case BIO_CTRL_EOF: return incoming.ended && incoming.in_flight() == 0;
    default: return 0;
  }
}

int wire_destroy(::BIO* bio) {
  delete static_cast<Wire*>(::BIO_get_data(bio));
  return 1;
}

::BIO_METHOD* wire_method() {
  static const std::unique_ptr<::BIO_METHOD, FreeWith<&::BIO_meth_free>> method{[] {
    ::BIO_METHOD* const made = ::BIO_meth_new(::BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "test wire");
    ::BIO_meth_set_write_ex(made, &wire_write);
    ::BIO_meth_set_read_ex(made, &wire_read);
    ::BIO_meth_set_ctrl(made, &wire_control);
    ::BIO_meth_set_destroy(made, &wire_destroy);
    return made;
  }()};
  return method.get();
}

void require(bool condition, const char* what) {
  if (!condition) throw std::runtime_error{std::string{"test pair: "} + what};
}

bool is_datagram(int version) { return version == DTLS1_2_VERSION || version == DTLS1_VERSION; }

ContextHandle make_context(const ::SSL_METHOD* method, const PairOptions& options) {
  ContextHandle context{::SSL_CTX_new(method)};
  require(context != nullptr, "context");
  require(SSL_CTX_set_min_proto_version(context.get(), options.version) == 1, "lowest version");
  require(SSL_CTX_set_max_proto_version(context.get(), options.version) == 1, "highest version");
  SSL_CTX_clear_mode(context.get(), static_cast<long>(options.cleared_modes));
  SSL_CTX_set_mode(context.get(), static_cast<long>(options.modes));
  ::SSL_CTX_set_options(context.get(), options.options);
  return context;
}

SslHandle make_connection(::SSL_CTX* context, Direction& incoming, Direction& outgoing) {
  SslHandle ssl{::SSL_new(context)};
  require(ssl != nullptr, "connection");
  ::BIO* const bio = make_wire_bio(incoming, outgoing).release();
  ::SSL_set_bio(ssl.get(), bio, bio);  // one BIO for both ways: SSL_set_bio takes the one reference
  return ssl;
}

}  // namespace

BioHandle make_wire_bio(Direction& incoming, Direction& outgoing) {
  BioHandle bio{::BIO_new(wire_method())};
  require(bio != nullptr, "BIO");
  ::BIO_set_data(bio.get(), new Wire{&incoming, &outgoing});
  ::BIO_set_init(bio.get(), 1);
  return bio;
}

RawPair::RawPair(const PairOptions& options) {
  const bool datagrams = is_datagram(options.version);
  client_context_ = make_context(datagrams ? ::DTLS_client_method() : ::TLS_client_method(), options);
  server_context_ = make_context(datagrams ? ::DTLS_server_method() : ::TLS_server_method(), options);

  ::X509_STORE* const trusted = ::SSL_CTX_get_cert_store(client_context_.get());
  require(::X509_STORE_add_cert(trusted, default_authority().certificate()) == 1, "trusted root");
  ::SSL_CTX_set_verify(client_context_.get(), SSL_VERIFY_PEER, nullptr);
  require(::SSL_CTX_use_certificate(server_context_.get(), default_server().certificate()) == 1, "certificate");
  require(::SSL_CTX_use_PrivateKey(server_context_.get(), default_server().key()) == 1, "private key");
  require(::SSL_CTX_set_num_tickets(server_context_.get(), options.tickets) == 1, "tickets");
  if (options.configure) options.configure(client_context_.get(), server_context_.get());

  to_server.datagrams = to_client.datagrams = datagrams;
  client_ = make_connection(client_context_.get(), to_client, to_server);
  server_ = make_connection(server_context_.get(), to_server, to_client);
  require(SSL_set_tlsext_host_name(client(), "server.example") == 1, "server name");
  require(::X509_VERIFY_PARAM_set1_host(::SSL_get0_param(client()), "server.example", 0) == 1, "verified name");
  ::SSL_set_connect_state(client());
  ::SSL_set_accept_state(server());
  if (datagrams) {
    for (::SSL* const ssl : {client(), server()}) {  // there is no network to ask
      ::SSL_set_options(ssl, SSL_OP_NO_QUERY_MTU);
      SSL_set_mtu(ssl, 1400);
    }
  }
}

bool RawPair::handshake() {
  const auto failed = [](::SSL* ssl) {
    const Outcome step = call(ssl, [ssl] { return ::SSL_do_handshake(ssl); });
    return step.result != 1 && step.error != SSL_ERROR_WANT_READ && step.error != SSL_ERROR_WANT_WRITE;
  };
  for (int round = 0; round < 20; ++round) {
    const std::size_t moved_before = to_server.delivered.size() + to_client.delivered.size();
    if (failed(client()) || failed(server())) return false;
    if (::SSL_is_init_finished(client()) && ::SSL_is_init_finished(server())) return true;
    if (moved_before == to_server.delivered.size() + to_client.delivered.size()) return false;
  }
  return false;
}

Outcome call(::SSL* ssl, const std::function<int()>& function) {
  ::ERR_clear_error();
  Outcome outcome;
  outcome.result = function();
  outcome.error = ::SSL_get_error(ssl, outcome.result);
  if (const unsigned long oldest = ::ERR_peek_error(); oldest != 0) outcome.reason = ERR_GET_REASON(oldest);
  ::ERR_clear_error();
  return outcome;
}

Outcome write(::SSL* ssl, std::string_view bytes) {
  return call(ssl, [=] { return ::SSL_write(ssl, bytes.data(), static_cast<int>(bytes.size())); });
}

Outcome read(::SSL* ssl, std::string& into, std::size_t size) {
  const std::size_t before = into.size();
  into.resize(before + size);
  const Outcome outcome = call(ssl, [&] { return ::SSL_read(ssl, into.data() + before, static_cast<int>(size)); });
  into.resize(before + static_cast<std::size_t>(std::max(outcome.result, 0)));
  return outcome;
}

Outcome read_all(::SSL* ssl, std::string& into) {
  Outcome outcome;
  do outcome = read(ssl, into);
  while (outcome.result > 0);
  return outcome;
}

std::vector<Record> records_in(std::string_view wire) {
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(wire[at]); };
  std::vector<Record> records;
  for (std::size_t at = 0; at + 5 <= wire.size();) {
    const std::size_t size = static_cast<std::size_t>(byte(at + 3)) << 8 | byte(at + 4);
    if (at + 5 + size > wire.size()) break;
    records.push_back({byte(at), size});
    at += 5 + size;
  }
  return records;
}

}  // namespace tlsmode_tests
