// SPDX-License-Identifier: MIT
// OpenSSL's error queue belongs to the thread, and SSL_get_error looks at it first.
#include <string>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "support/catch.hpp"
#include "support/raw_pair.hpp"

using namespace tlsmode_tests;

namespace {

int any_version() { return GENERATE(TLS1_2_VERSION, TLS1_3_VERSION); }

/// Code that has nothing to do with TLS fails on this thread, and nobody clears the queue.
void leave_a_stale_entry() {
  const unsigned char garbage[] = {0xff, 0x00};
  const unsigned char* cursor = garbage;
  REQUIRE(::d2i_X509(nullptr, &cursor, sizeof garbage) == nullptr);
  REQUIRE(::ERR_peek_error() != 0);
}

/// Up to 3.x SSL_get_error looks into the queue of the thread; 4.0 knows which entries are its connection's.
constexpr bool believes_stale_entries = OPENSSL_VERSION_NUMBER < 0x40000000L;

int error_of(::SSL* ssl, int result) {
  const int error = ::SSL_get_error(ssl, result);
  ::ERR_clear_error();
  return error;
}

}  // namespace

TEST_CASE("up to 3.x a stale entry turns the want_read of a healthy idle connection into an SSL error") {
  RawPair pair{{.version = any_version()}};
  REQUIRE(pair.handshake());
  const bool stale = GENERATE(false, true);
  if (stale) leave_a_stale_entry();
  char byte = 0;
  const int result = ::SSL_read(pair.client(), &byte, 1);
  CHECK(error_of(pair.client(), result) == (stale && believes_stale_entries ? SSL_ERROR_SSL : SSL_ERROR_WANT_READ));
}

TEST_CASE("up to 3.x a stale entry turns the want_write of a congested connection into an SSL error") {
  RawPair pair{{.version = any_version()}};
  REQUIRE(pair.handshake());
  pair.to_server.budget = 0;
  leave_a_stale_entry();
  const int result = ::SSL_write(pair.client(), "hello", 5);
  CHECK(error_of(pair.client(), result) == (believes_stale_entries ? SSL_ERROR_SSL : SSL_ERROR_WANT_WRITE));
}

TEST_CASE("up to 3.x a stale entry turns the peer's goodbye into an SSL error") {
  RawPair pair{{.version = any_version()}};
  REQUIRE(pair.handshake());
  ::SSL_shutdown(pair.server());
  leave_a_stale_entry();
  char byte = 0;
  const int result = ::SSL_read(pair.client(), &byte, 1);
  CHECK(error_of(pair.client(), result) == (believes_stale_entries ? SSL_ERROR_SSL : SSL_ERROR_ZERO_RETURN));
}

TEST_CASE("a stale entry does not hide success") {
  RawPair pair{{.version = any_version()}};
  REQUIRE(pair.handshake());
  leave_a_stale_entry();
  const int result = ::SSL_write(pair.client(), "hello", 5);
  CHECK(error_of(pair.client(), result) == SSL_ERROR_NONE);
}

TEST_CASE("up to 3.x one connection's failure poisons another one on the same thread") {
  RawPair broken{{.version = any_version()}};
  RawPair healthy{{.version = TLS1_3_VERSION}};
  REQUIRE(broken.handshake());
  REQUIRE(healthy.handshake());
  broken.to_client.ended = true;
  char byte = 0;
  REQUIRE(::SSL_read(broken.client(), &byte, 1) <= 0);
  const int result = ::SSL_read(healthy.client(), &byte, 1);
  CHECK(error_of(healthy.client(), result) == (believes_stale_entries ? SSL_ERROR_SSL : SSL_ERROR_WANT_READ));
  std::string nothing;
  CHECK(read(healthy.client(), nothing).error == SSL_ERROR_WANT_READ);  // it was healthy all the time
}

TEST_CASE("asking SSL_get_error does not clear the queue") {
  RawPair pair{{.version = any_version()}};
  REQUIRE(pair.handshake());
  pair.to_client.ended = true;
  char byte = 0;
  const int result = ::SSL_read(pair.client(), &byte, 1);
  CHECK(::SSL_get_error(pair.client(), result) == SSL_ERROR_SSL);
  CHECK(::ERR_peek_error() != 0);
  ::ERR_clear_error();
}

TEST_CASE("shutting down during the handshake leaves an entry behind") {
  RawPair pair{{.version = any_version()}};
  REQUIRE(call(pair.client(), [&] { return ::SSL_do_handshake(pair.client()); }).error == SSL_ERROR_WANT_READ);
  CHECK(::SSL_shutdown(pair.client()) == -1);
  CHECK(ERR_GET_REASON(::ERR_peek_error()) == SSL_R_SHUTDOWN_WHILE_IN_INIT);
  ::ERR_clear_error();
}
