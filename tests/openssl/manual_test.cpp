// SPDX-License-Identifier: MIT
// SSL_CTX_set_mode(3), sentence by sentence. docs/manual.md lists the sentences in this order, with the names of these tests.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <openssl/async.h>
#include <openssl/ssl.h>

#include "support/catch.hpp"
#include "support/openssl_memory.hpp"
#include "support/raw_pair.hpp"

#if defined(__SANITIZE_ADDRESS__)
#define TLSMODE_TESTS_ADDRESS_SANITIZER
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define TLSMODE_TESTS_ADDRESS_SANITIZER
#endif
#endif

using namespace tlsmode_tests;

namespace {

constexpr long partial = SSL_MODE_ENABLE_PARTIAL_WRITE;
constexpr long moving = SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER;
constexpr long all_modes = 0x5ff;

int any_version() { return GENERATE(TLS1_2_VERSION, TLS1_3_VERSION); }

ContextHandle new_context() { return ContextHandle{::SSL_CTX_new(::TLS_method())}; }

/// Bytes whose place in the message can be told.
std::string numbered(std::size_t size) {
  std::string bytes(size, '\0');
  for (std::size_t at = 0; at < size; ++at) bytes[at] = static_cast<char>('a' + at / 7 % 26);
  return bytes;
}

std::string received(const RawPair& pair) {
  std::string bytes;
  read_all(pair.server(), bytes);
  return bytes;
}

// A blocking transport: where the wire would say would-block, the peer gets its turn until there are bytes. It is a filter
// BIO in front of the wire, so that the transport never answers a read with would-block, as a blocking socket never does.
struct BlockingReads {
  ::SSL* peer;
  int times_waited = 0;
};

/// The peer answers what it has been sent, and says hello when it is not in a handshake.
void take_a_turn(::SSL* peer) {
  std::string ignored;
  read(peer, ignored);
  if (::SSL_is_init_finished(peer)) write(peer, "hello");
}

int blocking_read(::BIO* bio, char* buffer, int size) {
  auto& blocking = *static_cast<BlockingReads*>(::BIO_get_data(bio));
  ::BIO* const wire = ::BIO_next(bio);
  int result = ::BIO_read(wire, buffer, size);
  while (result <= 0 && BIO_should_retry(wire) && blocking.times_waited < 10) {
    ++blocking.times_waited;
    take_a_turn(blocking.peer);
    result = ::BIO_read(wire, buffer, size);
  }
  return result;
}

long pass_on(::BIO* bio, int command, long number, void* pointer) {
  return ::BIO_ctrl(::BIO_next(bio), command, number, pointer);
}

struct BlockingClient : RawPair {
  BlockingReads blocking{server()};

  explicit BlockingClient(const PairOptions& options) : RawPair{options} {
    REQUIRE(handshake());
    method_.reset(::BIO_meth_new(::BIO_get_new_index() | BIO_TYPE_FILTER, "blocking reads"));
    ::BIO_meth_set_read(method_.get(), &blocking_read);
    ::BIO_meth_set_ctrl(method_.get(), &pass_on);
    ::BIO* const filter = ::BIO_new(method_.get());
    ::BIO_set_data(filter, &blocking);
    ::BIO_set_init(filter, 1);
    ::BIO_push(filter, make_wire_bio(to_client, to_server).release());
    ::SSL_set0_rbio(client(), filter);
  }
  ~BlockingClient() { release_client().reset(); }  // the BIO must go before its method

 private:
  std::unique_ptr<::BIO_METHOD, FreeWith<&::BIO_meth_free>> method_;
};

}  // namespace

// --- The functions ---------------------------------------------------------------------------------------------------

TEST_CASE("manual: SSL_CTX_set_mode adds the modes of the mask to the context") {
  const ContextHandle context = new_context();
  SSL_CTX_set_mode(context.get(), partial | moving);
  CHECK((SSL_CTX_get_mode(context.get()) & (partial | moving)) == (partial | moving));
}

TEST_CASE("manual: modes that a context has already are not cleared by setting others") {
  const ContextHandle context = new_context();
  SSL_CTX_set_mode(context.get(), partial);
  SSL_CTX_set_mode(context.get(), moving);
  CHECK((SSL_CTX_get_mode(context.get()) & partial) != 0);
}

TEST_CASE("manual: SSL_CTX_clear_mode removes the modes of the mask from the context, and no others") {
  const ContextHandle context = new_context();
  SSL_CTX_set_mode(context.get(), partial | moving);
  SSL_CTX_clear_mode(context.get(), partial);
  CHECK((SSL_CTX_get_mode(context.get()) & (partial | moving)) == moving);
}

TEST_CASE("manual: SSL_set_mode adds the modes of the mask to the connection, and only to it") {
  const ContextHandle context = new_context();
  const SslHandle ssl{::SSL_new(context.get())};
  const SslHandle other{::SSL_new(context.get())};
  SSL_set_mode(ssl.get(), partial);
  CHECK((SSL_get_mode(ssl.get()) & partial) != 0);
  CHECK((SSL_get_mode(other.get()) & partial) == 0);
  CHECK((SSL_CTX_get_mode(context.get()) & partial) == 0);
}

TEST_CASE("manual: modes that a connection has already are not cleared by setting others") {
  const ContextHandle context = new_context();
  SSL_CTX_set_mode(context.get(), partial);
  const SslHandle ssl{::SSL_new(context.get())};
  SSL_set_mode(ssl.get(), moving);
  CHECK((SSL_get_mode(ssl.get()) & (partial | moving)) == (partial | moving));
}

TEST_CASE("manual: SSL_clear_mode removes the modes of the mask from the connection, and no others") {
  const ContextHandle context = new_context();
  SSL_CTX_set_mode(context.get(), partial | moving);
  const SslHandle ssl{::SSL_new(context.get())};
  SSL_clear_mode(ssl.get(), partial);
  CHECK((SSL_get_mode(ssl.get()) & (partial | moving)) == moving);
  CHECK((SSL_CTX_get_mode(context.get()) & partial) != 0);
}

TEST_CASE("manual: SSL_CTX_get_mode returns the modes of the context") {
  const ContextHandle context = new_context();
  SSL_CTX_clear_mode(context.get(), all_modes);
  CHECK(SSL_CTX_get_mode(context.get()) == 0);
  SSL_CTX_set_mode(context.get(), all_modes);
  CHECK(SSL_CTX_get_mode(context.get()) == all_modes);
}

TEST_CASE("manual: SSL_get_mode returns the modes of the connection") {
  const ContextHandle context = new_context();
  SSL_CTX_set_mode(context.get(), all_modes);
  const SslHandle ssl{::SSL_new(context.get())};
  CHECK(SSL_get_mode(ssl.get()) == all_modes);
  SSL_clear_mode(ssl.get(), all_modes);
  CHECK(SSL_get_mode(ssl.get()) == 0);
}

TEST_CASE("manual: the setters return the new mask") {
  const ContextHandle context = new_context();
  CHECK(SSL_CTX_set_mode(context.get(), partial) == (partial | SSL_MODE_AUTO_RETRY));
  const SslHandle ssl{::SSL_new(context.get())};
  CHECK(SSL_set_mode(ssl.get(), moving) == (partial | moving | SSL_MODE_AUTO_RETRY));
}

TEST_CASE("manual: all modes are off by default, except auto_retry since 1.1.1") {
  const ContextHandle context = new_context();
  CHECK(SSL_CTX_get_mode(context.get()) == SSL_MODE_AUTO_RETRY);
}

// --- enable_partial_write --------------------------------------------------------------------------------------------

TEST_CASE("manual: with enable_partial_write SSL_write of n bytes may return r with 0 < r < n") {
  RawPair pair{{.version = any_version(), .modes = partial}};
  REQUIRE(pair.handshake());
  const std::string bytes = numbered(40'000);
  const Outcome outcome = write(pair.client(), bytes);
  CHECK(outcome.result > 0);
  CHECK(outcome.result < 40'000);
  CHECK(received(pair) == bytes.substr(0, static_cast<std::size_t>(outcome.result)));
}

TEST_CASE("manual: with enable_partial_write SSL_write_ex reports r in the same way") {
  RawPair pair{{.version = any_version(), .modes = partial}};
  REQUIRE(pair.handshake());
  const std::string bytes = numbered(40'000);
  std::size_t sent = 0;
  REQUIRE(::SSL_write_ex(pair.client(), bytes.data(), bytes.size(), &sent) == 1);
  CHECK(sent > 0);
  CHECK(sent < bytes.size());
  CHECK(received(pair) == bytes.substr(0, sent));
}

TEST_CASE("manual: without enable_partial_write success means that every byte was written") {
  RawPair pair{{.version = any_version()}};
  REQUIRE(pair.handshake());
  const std::string bytes = numbered(40'000);
  int result = -1;
  int calls = 0;
  for (; result <= 0 && calls < 10; ++calls) {
    pair.to_server.budget = 10'000;
    result = write(pair.client(), bytes).result;
  }
  CHECK(calls > 1);
  CHECK(result == 40'000);
  CHECK(received(pair) == bytes);
}

TEST_CASE("manual: after r of n bytes the next write must send only the n-r bytes left") {
  RawPair pair{{.version = any_version(), .modes = partial}};
  REQUIRE(pair.handshake());
  const std::string bytes = numbered(40'000);
  std::string_view left = bytes;
  while (!left.empty()) {
    const Outcome outcome = write(pair.client(), left);
    REQUIRE(outcome.result > 0);
    left.remove_prefix(static_cast<std::size_t>(outcome.result));
  }
  CHECK(received(pair) == bytes);
}

TEST_CASE("manual: who sends all n bytes again after r sends the first r twice, and no error tells") {
  RawPair pair{{.version = any_version(), .modes = partial}};
  REQUIRE(pair.handshake());
  const std::string bytes = numbered(20'000);
  const auto r = static_cast<std::size_t>(write(pair.client(), bytes).result);
  REQUIRE(write(pair.client(), bytes).result > 0);
  const std::string got = received(pair);
  CHECK(got == bytes.substr(0, r) + bytes.substr(0, got.size() - r));
}

// --- accept_moving_write_buffer --------------------------------------------------------------------------------------

TEST_CASE(
    "manual: with accept_moving_write_buffer a write may be retried from another address with the same contents") {
  RawPair pair{{.version = any_version(), .modes = GENERATE(as<std::uint64_t>{}, moving, moving | partial)}};
  REQUIRE(pair.handshake());
  const std::string bytes = numbered(1'000);
  const std::string copy = bytes;
  pair.to_server.budget = 0;
  REQUIRE(write(pair.client(), bytes).error == SSL_ERROR_WANT_WRITE);
  pair.to_server.budget = unlimited;
  CHECK(write(pair.client(), copy).result == 1'000);
  CHECK(received(pair) == bytes);
}

TEST_CASE("manual: the same contents are the caller's duty: changed ones are not noticed, and not sent") {
  RawPair pair{{.version = any_version(), .modes = moving}};
  REQUIRE(pair.handshake());
  const std::string bytes = numbered(1'000);
  const std::string changed(1'000, '!');
  pair.to_server.budget = 0;
  REQUIRE(write(pair.client(), bytes).error == SSL_ERROR_WANT_WRITE);
  pair.to_server.budget = unlimited;
  CHECK(write(pair.client(), changed).result == 1'000);
  CHECK(received(pair) == bytes);
}

TEST_CASE("manual: moving is not the default: a blocked SSL_write is not like a blocked write(2)") {
  RawPair pair{{.version = any_version(), .modes = GENERATE(as<std::uint64_t>{}, 0, partial)}};
  REQUIRE(pair.handshake());
  const std::string bytes = numbered(1'000);
  const std::string copy = bytes;
  pair.to_server.budget = 0;
  REQUIRE(write(pair.client(), bytes).error == SSL_ERROR_WANT_WRITE);
  pair.to_server.budget = unlimited;
  CHECK(write(pair.client(), copy).reason == SSL_R_BAD_WRITE_RETRY);
}

// --- auto_retry ------------------------------------------------------------------------------------------------------

TEST_CASE("manual: without auto_retry a record that carries no application data makes SSL_read ask for a retry") {
  BlockingClient pair{{.cleared_modes = SSL_MODE_AUTO_RETRY, .tickets = 1}};
  std::string bytes;
  CHECK(read(pair.client(), bytes).error == SSL_ERROR_WANT_READ);  // the transport blocks, and still we are bothered
  CHECK(pair.blocking.times_waited == 0);
}

TEST_CASE("manual: with auto_retry a blocking transport never bothers the application with retries") {
  BlockingClient pair{{.tickets = 2}};
  std::string bytes;
  CHECK(read(pair.client(), bytes).result == 5);
  CHECK(bytes == "hello");
}

TEST_CASE("manual: with auto_retry SSL_read on a blocking transport hangs after poll when only a ticket was there") {
  BlockingClient pair{{.tickets = 1}};
  REQUIRE(pair.to_client.in_flight() > 0);  // poll says readable
  std::string bytes;
  read(pair.client(), bytes);
  CHECK(pair.blocking.times_waited == 1);  // it waited for the peer to say something
}

TEST_CASE("manual: with auto_retry a non-blocking transport still reports incomplete reads") {
  RawPair pair{{.tickets = 2}};
  REQUIRE(pair.handshake());
  std::string bytes;
  CHECK(read(pair.client(), bytes).error == SSL_ERROR_WANT_READ);  // both tickets were processed on the way
  CHECK(pair.to_client.in_flight() == 0);
}

TEST_CASE("manual: with auto_retry a non-blocking transport still reports incomplete writes") {
  RawPair pair{{.version = any_version()}};
  REQUIRE(pair.handshake());
  pair.to_server.budget = 0;
  CHECK(write(pair.client(), "hello").error == SSL_ERROR_WANT_WRITE);
}

TEST_CASE("manual: a renegotiation makes SSL_read on a blocking transport ask for a retry, unless auto_retry is set") {
  const bool auto_retry = GENERATE(false, true);
  BlockingClient pair{{.version = TLS1_2_VERSION, .configure = [&](::SSL_CTX* client, ::SSL_CTX*) {
                         if (!auto_retry) SSL_CTX_clear_mode(client, SSL_MODE_AUTO_RETRY);
                       }}};
  REQUIRE(::SSL_renegotiate(pair.server()) == 1);
  REQUIRE(call(pair.server(), [&] { return ::SSL_do_handshake(pair.server()); }).result == 1);
  std::string bytes;
  const Outcome first = read(pair.client(), bytes);
  CHECK(SSL_num_renegotiations(pair.client()) == 1);
  if (auto_retry) {
    CHECK(first.result == 5);
  } else {
    CHECK(first.error == SSL_ERROR_WANT_READ);
    CHECK(read(pair.client(), bytes).result == 5);
  }
  CHECK(bytes == "hello");
}

// --- release_buffers -------------------------------------------------------------------------------------------------

TEST_CASE(
    "manual: release_buffers releases the read buffer and the write buffer when they are not needed, about 34 KB") {
  const int version = any_version();
  const bool release = GENERATE(false, true);
  RawPair pair{{.version = version, .modes = release ? std::uint64_t{SSL_MODE_RELEASE_BUFFERS} : 0}};
  REQUIRE(pair.handshake());
  const std::string bytes = numbered(16'384);
  std::string got;
  REQUIRE(write(pair.client(), bytes).result == 16'384);
  REQUIRE(write(pair.server(), bytes).result == 16'384);
  REQUIRE(read(pair.client(), got).result == 16'384);

  const std::size_t before = openssl_bytes_in_use();
  ::SSL_free_buffers(pair.client());
  const std::size_t held = before - openssl_bytes_in_use();
  CAPTURE(held);
  if (release) {
    CHECK(held < 100);
  } else {
    CHECK(held > 32'000);
    CHECK(held < 36'000);
  }
}

TEST_CASE("manual: release_buffers keeps a buffer that is still needed") {
  RawPair pair{{.version = any_version(), .modes = SSL_MODE_RELEASE_BUFFERS}};
  REQUIRE(pair.handshake());
  const std::string bytes = numbered(16'384);
  std::string got;
  REQUIRE(write(pair.server(), bytes).result == 16'384);
  REQUIRE(read(pair.client(), got, 100).result == 100);
  CHECK(::SSL_pending(pair.client()) == 16'284);
  REQUIRE(read(pair.client(), got).result == 16'284);
  CHECK(got == bytes);
}

TEST_CASE("manual: release_buffers has no effect on DTLS, which is true before 3.2 only") {
  RawPair pair{{.version = DTLS1_2_VERSION, .modes = SSL_MODE_RELEASE_BUFFERS}};
  REQUIRE(pair.handshake());
  REQUIRE(write(pair.client(), "ping").result == 4);
  REQUIRE(write(pair.server(), "pong").result == 4);
  std::string got;
  REQUIRE(read(pair.client(), got).result == 4);
  const std::size_t before = openssl_bytes_in_use();
  ::SSL_free_buffers(pair.client());
  const std::size_t held = before - openssl_bytes_in_use();
#if OPENSSL_VERSION_NUMBER < 0x30200000L
  CHECK(held > 16'000);
#else
  CHECK(held < 1'000);
#endif
}

// --- Modes that came later -------------------------------------------------------------------------------------------

TEST_CASE("manual: send_fallback_scsv puts the fallback value into the ClientHello") {
  const bool fallback = GENERATE(false, true);
  RawPair pair{{.configure = [fallback](::SSL_CTX* client, ::SSL_CTX*) {
    if (fallback) SSL_CTX_set_mode(client, SSL_MODE_SEND_FALLBACK_SCSV);
  }}};
  call(pair.client(), [&] { return ::SSL_do_handshake(pair.client()); });
  // Cipher suites follow version, random and session identifier; each is two bytes. The value is 0x5600.
  const std::string& hello = pair.to_server.delivered;
  const std::size_t session = 5 + 4 + 2 + 32;
  const std::size_t ciphers = session + 1 + static_cast<unsigned char>(hello.at(session));
  const std::size_t size = static_cast<std::size_t>(static_cast<unsigned char>(hello.at(ciphers))) << 8 |
                           static_cast<unsigned char>(hello.at(ciphers + 1));
  bool found = false;
  for (std::size_t at = ciphers + 2; at < ciphers + 2 + size; at += 2) {
    if (hello.compare(at, 2, "\x56\x00", 2) == 0) found = true;
  }
  CHECK(found == fallback);
}

TEST_CASE(
    "manual: send_fallback_scsv must not be set for a normal handshake: a capped client is refused by a newer server") {
  const bool fallback = GENERATE(false, true);
  RawPair pair{{.configure = [fallback](::SSL_CTX* client, ::SSL_CTX* server) {
    SSL_CTX_set_min_proto_version(client, TLS1_2_VERSION);
    SSL_CTX_set_max_proto_version(client, TLS1_2_VERSION);
    SSL_CTX_set_min_proto_version(server, TLS1_2_VERSION);
    if (fallback) SSL_CTX_set_mode(client, SSL_MODE_SEND_FALLBACK_SCSV);
  }}};
  CHECK(pair.handshake() == !fallback);
}

#if !defined(TLSMODE_TESTS_ADDRESS_SANITIZER)  // it cannot follow the stacks of OpenSSL's asynchronous jobs
TEST_CASE("manual: async asks for a retry only when an asynchronous engine is at work") {
  RawPair pair{{.version = any_version(), .modes = SSL_MODE_ASYNC}};
  REQUIRE(pair.handshake());  // never SSL_ERROR_WANT_ASYNC
  CHECK(write(pair.client(), "hello").result == 5);
  CHECK(received(pair) == "hello");
  pair.release_client().reset();
  pair.release_server().reset();
  ::ASYNC_cleanup_thread();  // the stacks of its jobs belong to the thread
}
#endif

TEST_CASE("manual: dtls_sctp_label_length_bug changes nothing over TLS or over DTLS that is not SCTP") {
  RawPair pair{{.version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION, DTLS1_2_VERSION),
                .modes = SSL_MODE_DTLS_SCTP_LABEL_LENGTH_BUG}};
  REQUIRE(pair.handshake());
  CHECK(write(pair.client(), "hello").result == 5);
  CHECK(received(pair) == "hello");
}
