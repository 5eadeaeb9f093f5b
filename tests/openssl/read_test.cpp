// SPDX-License-Identifier: MIT
// Reading: what OpenSSL buffers, what it admits to, and when it asks to be called again.
#include <cstddef>
#include <string>

#include <openssl/ssl.h>

#include "support/catch.hpp"
#include "support/raw_pair.hpp"

using namespace tlsmode_tests;

namespace {

int any_version() { return GENERATE(TLS1_2_VERSION, TLS1_3_VERSION); }

/// A pair whose client reads ahead, with its handshake done.
struct ReadAheadPair : RawPair {
  explicit ReadAheadPair(int version, std::uint64_t cleared_modes = 0)
      : RawPair{{.version = version, .cleared_modes = cleared_modes, .configure = [](::SSL_CTX* client, ::SSL_CTX*) {
                   SSL_CTX_set_read_ahead(client, 1);
                 }}} {
    REQUIRE(handshake());
  }
};

}  // namespace

TEST_CASE("by default a record costs two reads of the transport and one write") {
  RawPair pair{{.version = any_version()}};
  REQUIRE(pair.handshake());
  const std::size_t reads_before = pair.to_server.read_calls;
  const std::size_t writes_before = pair.to_server.write_calls;
  REQUIRE(write(pair.client(), std::string(1'000, 'A')).result == 1'000);
  CHECK(pair.to_server.write_calls == writes_before + 1);
  std::string bytes;
  REQUIRE(read(pair.server(), bytes).result == 1'000);
  CHECK(pair.to_server.read_calls == reads_before + 2);
}

TEST_CASE("SSL_pending tells what is left of a record that was read in part") {
  RawPair pair{{.version = any_version()}};
  REQUIRE(pair.handshake());
  REQUIRE(write(pair.server(), "hello").result == 5);
  std::string bytes;
  REQUIRE(read(pair.client(), bytes, 2).result == 2);
  CHECK(::SSL_pending(pair.client()) == 3);
}

TEST_CASE("with read_ahead a whole second record sits in OpenSSL while SSL_pending says 0 and the wire is empty") {
  ReadAheadPair pair{any_version()};
  REQUIRE(write(pair.server(), "first").result == 5);
  REQUIRE(write(pair.server(), "second").result == 6);
  std::string bytes;
  REQUIRE(read(pair.client(), bytes).result == 5);
  CHECK(pair.to_client.in_flight() == 0);  // poll would wait for ever
  CHECK(::SSL_pending(pair.client()) == 0);
  CHECK(::SSL_has_pending(pair.client()) == 1);
  CHECK(read(pair.client(), bytes).result == 6);
}

TEST_CASE("with read_ahead SSL_has_pending says 1 for half a record that cannot be read") {
  ReadAheadPair pair{any_version()};
  pair.to_client.budget = 15;
  REQUIRE(write(pair.server(), std::string(100, 'A')).error == SSL_ERROR_WANT_WRITE);
  std::string bytes;
  for (int spin = 0; spin < 3; ++spin) {
    CHECK(read(pair.client(), bytes).error == SSL_ERROR_WANT_READ);
    CHECK(::SSL_has_pending(pair.client()) == 1);
  }
}

TEST_CASE("without read_ahead OpenSSL takes no byte of the next record") {
  RawPair pair{{.version = any_version()}};
  REQUIRE(pair.handshake());
  REQUIRE(write(pair.server(), "first").result == 5);
  const std::size_t first_record = pair.to_client.in_flight();
  REQUIRE(write(pair.server(), "second").result == 6);
  std::string bytes;
  REQUIRE(read(pair.client(), bytes).result == 5);
  CHECK(first_record > 0);
  CHECK(pair.to_client.in_flight() > 0);
  CHECK(::SSL_has_pending(pair.client()) == 0);
}

TEST_CASE("a record buffered by read_ahead behind a key update is hidden without auto_retry, from 3.2 on") {
  ReadAheadPair pair{TLS1_3_VERSION, SSL_MODE_AUTO_RETRY};
  REQUIRE(::SSL_key_update(pair.server(), SSL_KEY_UPDATE_NOT_REQUESTED) == 1);
  REQUIRE(write(pair.server(), "hello").result == 5);  // the key update goes first
  std::string bytes;
  const Outcome first = read(pair.client(), bytes);
  CHECK(pair.to_client.in_flight() == 0);
#if OPENSSL_VERSION_NUMBER < 0x30200000L
  CHECK(first.result == 5);  // it goes on as long as it has bytes of its own
#else
  CHECK(first.error == SSL_ERROR_WANT_READ);
  CHECK(::SSL_has_pending(pair.client()) == 0);  // neither this nor poll tells that a record is there
  CHECK(read(pair.client(), bytes).result == 5);
#endif
}

TEST_CASE("with auto_retry a read takes all tickets and then asks the transport for more, where a blocking one hangs") {
  RawPair pair{{.tickets = 2}};
  REQUIRE(pair.handshake());
  REQUIRE(pair.to_client.in_flight() > 0);  // poll says readable
  const std::size_t blocked_before = pair.to_client.blocked_reads;
  std::string bytes;
  CHECK(read(pair.client(), bytes).error == SSL_ERROR_WANT_READ);
  CHECK(pair.to_client.in_flight() == 0);
  CHECK(pair.to_client.blocked_reads == blocked_before + 1);
}

TEST_CASE("without auto_retry every ticket costs one want_read while more bytes are waiting") {
  RawPair pair{{.cleared_modes = SSL_MODE_AUTO_RETRY, .tickets = 2}};
  REQUIRE(pair.handshake());
  REQUIRE(write(pair.server(), "hello").result == 5);
  const std::size_t blocked_before = pair.to_client.blocked_reads;
  std::string bytes;
  for (int ticket = 0; ticket < 2; ++ticket) {
    CHECK(read(pair.client(), bytes).error == SSL_ERROR_WANT_READ);
    CHECK(pair.to_client.in_flight() > 0);  // an edge-triggered loop that waits now waits for ever
  }
  CHECK(pair.to_client.blocked_reads == blocked_before);
  CHECK(read(pair.client(), bytes).result == 5);
}
