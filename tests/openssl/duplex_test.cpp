// SPDX-License-Identifier: MIT
// Reading while a write is pending: what the peer can ask for, and what that does to the write.
#include <cstddef>
#include <string>
#include <string_view>

#include <openssl/ssl.h>

#include "support/catch.hpp"
#include "support/raw_pair.hpp"

using namespace tlsmode_tests;

namespace {

const std::string message(1'000, 'A');

const PairOptions without_renegotiation = {.version = TLS1_2_VERSION, .options = SSL_OP_NO_RENEGOTIATION};
constexpr std::size_t first_record_on_the_wire = 5 + 8 + 16'384 + 16;  // header, nonce, plaintext, tag of AES-GCM

/// The client returns from SSL_read after every record, also those that carry no application data.
PairOptions one_record_at_a_time() {
  PairOptions options;
  options.configure = [](::SSL_CTX* client, ::SSL_CTX*) { SSL_CTX_clear_mode(client, SSL_MODE_AUTO_RETRY); };
  return options;
}

void block_a_write(RawPair& pair) {
  pair.to_server.budget = 0;
  REQUIRE(write(pair.client(), message).error == SSL_ERROR_WANT_WRITE);
}

/// The server asks the client to renew its keys as well.
void request_key_update(RawPair& pair) {
  REQUIRE(::SSL_key_update(pair.server(), SSL_KEY_UPDATE_REQUESTED) == 1);
  REQUIRE(call(pair.server(), [&] { return ::SSL_do_handshake(pair.server()); }).result == 1);
}

/// The server asks an unwilling client to renegotiate.
void request_renegotiation(RawPair& pair) {
  // The server itself was told not to renegotiate by the same options.
  ::SSL_clear_options(pair.server(), SSL_OP_NO_RENEGOTIATION);
  REQUIRE(::SSL_renegotiate(pair.server()) == 1);
  REQUIRE(call(pair.server(), [&] { return ::SSL_do_handshake(pair.server()); }).result == 1);
}

std::string received(const RawPair& pair) {
  std::string bytes;
  read_all(pair.server(), bytes);
  return bytes;
}

}  // namespace

TEST_CASE("application data can be read while a write is pending") {
  RawPair pair{{.version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION)}};
  REQUIRE(pair.handshake());
  block_a_write(pair);
  REQUIRE(write(pair.server(), "hello").result == 5);
  std::string bytes;
  CHECK(read(pair.client(), bytes).result == 5);
  pair.to_server.budget = unlimited;
  CHECK(write(pair.client(), message).result == 1'000);
  CHECK(received(pair) == message);
}

TEST_CASE("one requested key update survives a pending write") {
  RawPair pair{one_record_at_a_time()};
  REQUIRE(pair.handshake());
  block_a_write(pair);
  request_key_update(pair);
  std::string bytes;
  CHECK(read(pair.client(), bytes).error == SSL_ERROR_WANT_READ);
  CHECK(::SSL_get_key_update_type(pair.client()) != SSL_KEY_UPDATE_NONE);  // the answer is owed
  pair.to_server.budget = unlimited;
  CHECK(write(pair.client(), message).result == 1'000);
  CHECK(received(pair) == message);
}

TEST_CASE("two requested key updates while a write is pending make reading fatal") {
  RawPair pair{GENERATE(false, true) ? PairOptions{} : one_record_at_a_time()};
  REQUIRE(pair.handshake());
  block_a_write(pair);
  request_key_update(pair);
  request_key_update(pair);
  std::string bytes;
  Outcome outcome;
  for (int attempt = 0; attempt < 3 && outcome.error != SSL_ERROR_SSL; ++attempt) outcome = read(pair.client(), bytes);
  CHECK(outcome.error == SSL_ERROR_SSL);
}

TEST_CASE("reading survives key updates when it stops while an answer is owed and a write is pending") {
  RawPair pair{one_record_at_a_time()};
  REQUIRE(pair.handshake());
  block_a_write(pair);
  for (int update = 0; update < 3; ++update) request_key_update(pair);
  REQUIRE(write(pair.server(), "hello").result == 5);

  std::string bytes;
  bool pending = true;
  for (int step = 0; step < 10; ++step) {
    if (pending && ::SSL_get_key_update_type(pair.client()) != SSL_KEY_UPDATE_NONE) {
      pair.to_server.budget = unlimited;  // reading must wait until the write has gone
      REQUIRE(write(pair.client(), message).result == 1'000);
      pending = false;
    }
    const Outcome outcome = read(pair.client(), bytes);
    REQUIRE((outcome.result > 0 || outcome.error == SSL_ERROR_WANT_READ));
  }
  CHECK_FALSE(pending);
  CHECK(bytes == "hello");
  CHECK(write(pair.client(), message).result == 1'000);
  CHECK(received(pair) == message + message);
}

TEST_CASE(
    "in TLS 1.2 a warning alert that blocks half-way goes unreported, and the next write breaks the stream and says "
    "success") {
  RawPair pair{without_renegotiation};
  REQUIRE(pair.handshake());
  request_renegotiation(pair);
  const std::size_t sent_before = pair.to_server.delivered.size();
  pair.to_server.budget = 1;
  std::string nothing;
  CHECK(read(pair.client(), nothing).error == SSL_ERROR_WANT_READ);
  CHECK(pair.to_server.blocked_writes == 1);  // the alert, of which one byte has gone
  pair.to_server.budget = unlimited;
  CHECK(write(pair.client(), message).result == 1'000);
  const std::string_view sent = std::string_view{pair.to_server.delivered}.substr(sent_before);
  CHECK(sent[0] == SSL3_RT_ALERT);
  CHECK(sent[1] == SSL3_RT_APPLICATION_DATA);  // a new record begins inside the alert's header
  std::string bytes;
  CHECK(read_all(pair.server(), bytes).reason == SSL_R_WRONG_VERSION_NUMBER);
  CHECK(bytes.empty());
}

TEST_CASE("in TLS 1.2 a warning alert that blocks between the records of a pending write makes the right retry fatal") {
  RawPair pair{without_renegotiation};
  REQUIRE(pair.handshake());
  const std::string bytes(20'000, 'A');
  pair.to_server.budget = 0;
  REQUIRE(write(pair.client(), bytes).error == SSL_ERROR_WANT_WRITE);
  request_renegotiation(pair);
  std::string nothing;
  REQUIRE(read(pair.client(), nothing).error == SSL_ERROR_WANT_READ);  // the alert waits for the write
  pair.to_server.budget = first_record_on_the_wire + 1;
  REQUIRE(write(pair.client(), bytes).error == SSL_ERROR_WANT_WRITE);  // now the alert is what blocks
  pair.to_server.budget = unlimited;
  CHECK(write(pair.client(), bytes).error == SSL_ERROR_SSL);
}

TEST_CASE("over a wire that never says would-block any number of key updates is harmless") {
  RawPair pair;
  REQUIRE(pair.handshake());
  for (int update = 0; update < 5; ++update) {
    request_key_update(pair);
    REQUIRE(write(pair.client(), message).result == 1'000);
    std::string nothing;
    REQUIRE(read(pair.client(), nothing).error == SSL_ERROR_WANT_READ);
  }
  std::string all;
  CHECK(read_all(pair.server(), all).error == SSL_ERROR_WANT_READ);
  CHECK(all.size() == 5'000);
}
