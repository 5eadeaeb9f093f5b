// SPDX-License-Identifier: MIT
// What OpenSSL does with the mask of modes itself. What each mode does is in manual_test.cpp and its neighbours.
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <string>

#include <openssl/ssl.h>

#include "support/catch.hpp"
#include "support/raw_pair.hpp"

using namespace tlsmode_tests;

namespace {

constexpr long all_modes = 0x5ff;  // the ten flags; 0x200 has no name
constexpr long unknown_mode = 0x4000'0000;

ContextHandle new_context() { return ContextHandle{::SSL_CTX_new(::TLS_method())}; }

/// The first four bytes of a hello's random, as a time.
std::int64_t time_in(const unsigned char* random) {
  return std::int64_t{random[0]} << 24 | std::int64_t{random[1]} << 16 | std::int64_t{random[2]} << 8 | random[3];
}

std::int64_t client_hello_time(const RawPair& pair) {
  unsigned char random[32];
  REQUIRE(::SSL_get_client_random(pair.client(), random, sizeof random) == sizeof random);
  return time_in(random);
}

std::int64_t server_hello_time(const RawPair& pair) {
  unsigned char random[32];
  REQUIRE(::SSL_get_server_random(pair.client(), random, sizeof random) == sizeof random);
  return time_in(random);
}

}  // namespace

TEST_CASE("the ten modes have the values that they have in every OpenSSL 3") {
  CHECK(SSL_MODE_ENABLE_PARTIAL_WRITE == 0x001);
  CHECK(SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER == 0x002);
  CHECK(SSL_MODE_AUTO_RETRY == 0x004);
  CHECK(SSL_MODE_NO_AUTO_CHAIN == 0x008);
  CHECK(SSL_MODE_RELEASE_BUFFERS == 0x010);
  CHECK(SSL_MODE_SEND_CLIENTHELLO_TIME == 0x020);
  CHECK(SSL_MODE_SEND_SERVERHELLO_TIME == 0x040);
  CHECK(SSL_MODE_SEND_FALLBACK_SCSV == 0x080);
  CHECK(SSL_MODE_ASYNC == 0x100);
  CHECK(SSL_MODE_DTLS_SCTP_LABEL_LENGTH_BUG == 0x400);
}

TEST_CASE("a new context has auto_retry and no other mode") {
  const ContextHandle context = new_context();
  CHECK(SSL_CTX_get_mode(context.get()) == SSL_MODE_AUTO_RETRY);
}

TEST_CASE("setting, clearing and getting the modes of a context all answer the whole new mask") {
  const ContextHandle context = new_context();
  CHECK(SSL_CTX_set_mode(context.get(), 0x11) == 0x15);
  CHECK(SSL_CTX_set_mode(context.get(), 0x02) == 0x17);
  CHECK(SSL_CTX_clear_mode(context.get(), 0x05) == 0x12);
  CHECK(SSL_CTX_get_mode(context.get()) == 0x12);
}

TEST_CASE("setting, clearing and getting the modes of a connection all answer the whole new mask") {
  const ContextHandle context = new_context();
  const SslHandle ssl{::SSL_new(context.get())};
  CHECK(SSL_set_mode(ssl.get(), 0x11) == 0x15);
  CHECK(SSL_set_mode(ssl.get(), 0x02) == 0x17);
  CHECK(SSL_clear_mode(ssl.get(), 0x05) == 0x12);
  CHECK(SSL_get_mode(ssl.get()) == 0x12);
}

TEST_CASE("clearing a mode that is not set, and setting one that is, change nothing") {
  const ContextHandle context = new_context();
  CHECK(SSL_CTX_clear_mode(context.get(), SSL_MODE_ASYNC) == SSL_MODE_AUTO_RETRY);
  CHECK(SSL_CTX_set_mode(context.get(), SSL_MODE_AUTO_RETRY) == SSL_MODE_AUTO_RETRY);
}

TEST_CASE("bits that name no mode are kept without complaint") {
  const ContextHandle context = new_context();
  CHECK(SSL_CTX_set_mode(context.get(), unknown_mode) == (unknown_mode | SSL_MODE_AUTO_RETRY));
  const SslHandle ssl{::SSL_new(context.get())};
  CHECK(SSL_get_mode(ssl.get()) == (unknown_mode | SSL_MODE_AUTO_RETRY));
}

TEST_CASE("a connection keeps the modes its context had when it was made") {
  const ContextHandle context = new_context();
  SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE);
  const SslHandle ssl{::SSL_new(context.get())};
  SSL_CTX_clear_mode(context.get(), all_modes);
  SSL_CTX_set_mode(context.get(), SSL_MODE_ASYNC);
  CHECK(SSL_get_mode(ssl.get()) == (SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_AUTO_RETRY));
}

TEST_CASE("the modes of a connection do not reach its context") {
  const ContextHandle context = new_context();
  const SslHandle ssl{::SSL_new(context.get())};
  SSL_set_mode(ssl.get(), SSL_MODE_ENABLE_PARTIAL_WRITE);
  CHECK(SSL_CTX_get_mode(context.get()) == SSL_MODE_AUTO_RETRY);
}

TEST_CASE("a context put under a connection later, as for SNI, does not bring its modes") {
  const ContextHandle first = new_context();
  const ContextHandle second = new_context();
  SSL_CTX_set_mode(second.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_RELEASE_BUFFERS);
  const SslHandle ssl{::SSL_new(first.get())};
  REQUIRE(::SSL_set_SSL_CTX(ssl.get(), second.get()) == second.get());
  CHECK(SSL_get_mode(ssl.get()) == SSL_MODE_AUTO_RETRY);
}

TEST_CASE("SSL_clear keeps the modes") {
  const ContextHandle context = new_context();
  const SslHandle ssl{::SSL_new(context.get())};
  SSL_set_mode(ssl.get(), SSL_MODE_ENABLE_PARTIAL_WRITE);
  REQUIRE(::SSL_clear(ssl.get()) == 1);
  CHECK(SSL_get_mode(ssl.get()) == (SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_AUTO_RETRY));
}

TEST_CASE("SSL_dup copies the modes") {
  const ContextHandle context = new_context();
  const SslHandle ssl{::SSL_new(context.get())};
  SSL_set_mode(ssl.get(), SSL_MODE_ENABLE_PARTIAL_WRITE);
  const SslHandle copy{::SSL_dup(ssl.get())};
  CHECK(SSL_get_mode(copy.get()) == (SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_AUTO_RETRY));
}

TEST_CASE("a mode passed as an option compiles, sets no mode and turns Extended Master Secret off") {
  const bool mixed_up = GENERATE(false, true);
  RawPair pair{{.version = TLS1_2_VERSION, .configure = [mixed_up](::SSL_CTX* client, ::SSL_CTX*) {
                  if (mixed_up) ::SSL_CTX_set_options(client, SSL_MODE_ENABLE_PARTIAL_WRITE);
                }}};
  REQUIRE(pair.handshake());
  CHECK(SSL_get_mode(pair.client()) == SSL_MODE_AUTO_RETRY);
  CHECK(SSL_get_extms_support(pair.client()) == (mixed_up ? 0 : 1));
}

TEST_CASE("an option passed as a mode compiles, sets no option and changes the write rule") {
  const ContextHandle context = new_context();
  const std::uint64_t options = ::SSL_CTX_get_options(context.get());
  SSL_CTX_set_mode(context.get(), SSL_OP_NO_EXTENDED_MASTER_SECRET);
  CHECK(::SSL_CTX_get_options(context.get()) == options);
  CHECK((SSL_CTX_get_mode(context.get()) & SSL_MODE_ENABLE_PARTIAL_WRITE) != 0);
}

TEST_CASE("the write-rule modes take effect even when they are set after the handshake") {
  RawPair pair;
  REQUIRE(pair.handshake());
  SSL_set_mode(pair.client(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);

  const std::string bytes(40'000, 'A');
  CHECK(write(pair.client(), bytes).result == 16'384);
  pair.to_server.budget = 0;
  CHECK(write(pair.client(), bytes).error == SSL_ERROR_WANT_WRITE);
  pair.to_server.budget = unlimited;
  const std::string moved = bytes;
  CHECK(write(pair.client(), moved).result > 0);
}

TEST_CASE("send_clienthello_time, which the manual does not mention, puts the clock into the client's random") {
  const int version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
  const std::int64_t before = std::time(nullptr);
  RawPair with{{.version = version, .modes = SSL_MODE_SEND_CLIENTHELLO_TIME}};
  RawPair without{{.version = version}};
  REQUIRE(with.handshake());
  REQUIRE(without.handshake());
  const std::int64_t after = std::time(nullptr);
  CHECK(client_hello_time(with) >= before);
  CHECK(client_hello_time(with) <= after);
  CHECK((client_hello_time(without) < before || client_hello_time(without) > after));
  CHECK((server_hello_time(with) < before || server_hello_time(with) > after));
}

TEST_CASE("send_serverhello_time, which the manual does not mention, puts the clock into the server's random") {
  const int version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
  const std::int64_t before = std::time(nullptr);
  RawPair pair{{.version = version, .modes = SSL_MODE_SEND_SERVERHELLO_TIME}};
  REQUIRE(pair.handshake());
  const std::int64_t after = std::time(nullptr);
  CHECK(server_hello_time(pair) >= before);
  CHECK(server_hello_time(pair) <= after);
  CHECK((client_hello_time(pair) < before || client_hello_time(pair) > after));
}

TEST_CASE(
    "no_auto_chain, which the manual does not mention, keeps a server from completing its chain from its trust store") {
  const bool automatic = GENERATE(true, false);
  const Authority intermediate = default_authority().intermediate();
  const Issued leaf = intermediate.issue();
  RawPair pair{{.configure = [&](::SSL_CTX* client, ::SSL_CTX* server) {
    ::SSL_CTX_set_verify(client, SSL_VERIFY_NONE, nullptr);  // the incomplete chain is what we want to look at
    ::X509_STORE_add_cert(::SSL_CTX_get_cert_store(server), intermediate.certificate());
    ::SSL_CTX_use_certificate(server, leaf.certificate());
    ::SSL_CTX_use_PrivateKey(server, leaf.key());
    if (!automatic) SSL_CTX_set_mode(server, SSL_MODE_NO_AUTO_CHAIN);
  }}};
  REQUIRE(pair.handshake());
  CHECK(sk_X509_num(::SSL_get_peer_cert_chain(pair.client())) == (automatic ? 2 : 1));
}

#if OPENSSL_VERSION_NUMBER >= 0x30200000L && !defined(OPENSSL_NO_QUIC)
TEST_CASE("a QUIC connection reports every mode that was set, also those that do nothing there") {
  const ContextHandle context{::SSL_CTX_new(::OSSL_QUIC_client_method())};
  const SslHandle ssl{::SSL_new(context.get())};
  CHECK(SSL_set_mode(ssl.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_RELEASE_BUFFERS) ==
        (SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_RELEASE_BUFFERS | SSL_MODE_AUTO_RETRY));
}
#endif
