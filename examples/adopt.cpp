// SPDX-License-Identifier: MIT
// Moving a program from OpenSSL's C API to tlsmode, one step at a time: what the C code has made is adopted.

#include <array>
#include <chrono>
#include <cstddef>
#include <string_view>
#include <utility>

#include <openssl/ssl.h>

#include <tlsmode/poll_waiter.hpp>
#include <tlsmode/tlsmode.hpp>
#include <tlsmode/wait.hpp>

#include "support/echo_server.hpp"
#include "support/loopback.hpp"
#include "support/run.hpp"

using namespace std::literals;

namespace {

using tlsmode::WaitStatus;

/// The old code: a context that carries modes nobody remembers the reason for.
SSL_CTX* legacy_context() {
  SSL_CTX* const context = ::SSL_CTX_new(::TLS_client_method());
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_RELEASE_BUFFERS);
  examples::trust().apply_to(context);
  return context;
}

/// The old code: a connection over BIOs of its own.
SSL* legacy_connection(SSL_CTX* context, int descriptor) {
  SSL* const ssl = ::SSL_new(context);
  ::SSL_set_fd(ssl, descriptor);
  return ssl;
}

template <typename Connection>
void ask(Connection& connection, const tlsmode::Socket& socket) {
  tlsmode::PollWaiter waiter{socket, 10s};
  constexpr std::string_view question = "still the same bytes?";
  std::array<char, question.size()> answer;
  examples::require(write_all(connection, question, waiter).status == WaitStatus::done);
  examples::require(read_exactly(connection, answer, waiter).status == WaitStatus::done);
  examples::require(std::string_view{answer.data(), answer.size()} == question);
  examples::require(close(connection, waiter).status == WaitStatus::done);
}

/// Step 1: the SSL and its BIOs stay as they are; tlsmode keeps the rules.
void adopt_ssl(SSL_CTX* context) {
  const examples::EchoServer server;
  const tlsmode::Socket socket = examples::connect_to(server.port());
  SSL* const ssl = legacy_connection(context, socket.native_handle());
  tlsmode::Connection<tlsmode::Client, tlsmode::NativeBio> connection{ssl, tlsmode::PeerName{"server.example"}};
  ask(connection, socket);
}

/// Step 2: the context stays; connections are tlsmode's. The policy decides the write rule, whatever the context had.
void adopt_context(SSL_CTX* context) {
  const examples::EchoServer server;
  const tlsmode::Context<tlsmode::Client> adopted{context};
  examples::require(!adopted.modes().contains(tlsmode::Mode::enable_partial_write));
  examples::require(adopted.modes().contains(tlsmode::Mode::release_buffers));  // no part of the contract: it stays
  tlsmode::Connection connection{adopted, examples::connect_to(server.port()), tlsmode::PeerName{"server.example"}};
  ask(connection, connection.transport());
}

}  // namespace

int main() {
  return examples::run([] {
    SSL_CTX* const context = legacy_context();
    adopt_ssl(context);
    adopt_context(context);  // owns the context from here on
  });
}
