// SPDX-License-Identifier: MIT
// How connections end: saying goodbye, vanishing, and what is lost on the way.
#include <cerrno>
#include <memory>
#include <string>

#include <openssl/ssl.h>

#include "support/catch.hpp"
#include "support/raw_pair.hpp"

using namespace tlsmode_tests;

namespace {

using SessionHandle = std::unique_ptr<::SSL_SESSION, FreeWith<&::SSL_SESSION_free>>;

int any_version() { return GENERATE(TLS1_2_VERSION, TLS1_3_VERSION); }

Outcome shut_down(::SSL* ssl) {
  return call(ssl, [ssl] { return ::SSL_shutdown(ssl); });
}

}  // namespace

TEST_CASE("a peer that says goodbye is a zero return") {
  RawPair pair{{.version = any_version()}};
  REQUIRE(pair.handshake());
  shut_down(pair.server());
  std::string nothing;
  CHECK(read(pair.client(), nothing).error == SSL_ERROR_ZERO_RETURN);
  CHECK(::SSL_get_shutdown(pair.client()) == SSL_RECEIVED_SHUTDOWN);
}

TEST_CASE("a peer that vanishes without goodbye is an SSL error") {
  RawPair pair{{.version = any_version()}};
  REQUIRE(pair.handshake());
  pair.to_client.ended = true;
  std::string nothing;
  const Outcome outcome = read(pair.client(), nothing);
  CHECK(outcome.error == SSL_ERROR_SSL);
  CHECK(outcome.reason == SSL_R_UNEXPECTED_EOF_WHILE_READING);
  CHECK(::SSL_get_shutdown(pair.client()) == 0);
}

TEST_CASE("with SSL_OP_IGNORE_UNEXPECTED_EOF a peer that vanishes looks exactly like one that says goodbye") {
  const bool says_goodbye = GENERATE(true, false);
  RawPair pair{{.version = any_version(), .options = SSL_OP_IGNORE_UNEXPECTED_EOF}};
  REQUIRE(pair.handshake());
  if (says_goodbye) shut_down(pair.server());
  pair.to_client.ended = true;
  std::string nothing;
  const Outcome outcome = read(pair.client(), nothing);
  CHECK(outcome.result == 0);
  CHECK(outcome.error == SSL_ERROR_ZERO_RETURN);
  CHECK(::SSL_get_shutdown(pair.client()) == SSL_RECEIVED_SHUTDOWN);
}

TEST_CASE("half a record before the end of the stream is an SSL error too") {
  RawPair pair{{.version = any_version()}};
  REQUIRE(pair.handshake());
  pair.to_client.budget = 20;
  REQUIRE(write(pair.server(), std::string(100, 'A')).error == SSL_ERROR_WANT_WRITE);
  pair.to_client.ended = true;
  std::string nothing;
  const Outcome outcome = read(pair.client(), nothing);
  CHECK(outcome.error == SSL_ERROR_SSL);
  CHECK(outcome.reason == SSL_R_UNEXPECTED_EOF_WHILE_READING);
}

TEST_CASE("a transport that fails is a system call error with errno, and an empty queue") {
  RawPair pair{{.version = any_version()}};
  REQUIRE(pair.handshake());
  pair.to_client.read_errno = ECONNRESET;
  char byte = 0;
  errno = 0;
  const int result = ::SSL_read(pair.client(), &byte, 1);
  const int system_error = errno;
  CHECK(::SSL_get_error(pair.client(), result) == SSL_ERROR_SYSCALL);
  CHECK(system_error == ECONNRESET);
}

TEST_CASE("closing one way first leaves the other way usable") {
  RawPair pair{{.version = any_version()}};
  REQUIRE(pair.handshake());
  CHECK(shut_down(pair.client()).result == 0);  // goodbye sent, the answer is not here yet
  std::string bytes;
  CHECK(read(pair.server(), bytes).error == SSL_ERROR_ZERO_RETURN);
  CHECK(write(pair.server(), "hello").result == 5);
  CHECK(read(pair.client(), bytes).result == 5);
  CHECK(shut_down(pair.server()).result == 1);
  CHECK(shut_down(pair.client()).result == 1);
}

TEST_CASE("after one's own goodbye nothing can be written") {
  RawPair pair{{.version = any_version()}};
  REQUIRE(pair.handshake());
  REQUIRE(shut_down(pair.client()).result == 0);
  const Outcome outcome = write(pair.client(), "hello");
  CHECK(outcome.error == SSL_ERROR_SSL);
  CHECK(outcome.reason == SSL_R_PROTOCOL_IS_SHUTDOWN);
}

TEST_CASE("SSL_get_error takes the 0 of a successful SSL_shutdown for a failed system call") {
  RawPair pair{{.version = any_version()}};
  REQUIRE(pair.handshake());
  const Outcome outcome = shut_down(pair.client());
  CHECK(outcome.result == 0);
  CHECK(outcome.error == SSL_ERROR_SYSCALL);
}

TEST_CASE("SSL_shutdown while a write is pending destroys the data and the goodbye") {
  RawPair pair{{.version = any_version()}};
  REQUIRE(pair.handshake());
  const std::string message(1'000, 'A');
  pair.to_server.budget = 0;
  REQUIRE(write(pair.client(), message).error == SSL_ERROR_WANT_WRITE);
  pair.to_server.budget = unlimited;
  shut_down(pair.client());
  shut_down(pair.client());
  CHECK(write(pair.client(), message).result == -1);  // the right retry
  std::string bytes;
  const Outcome end = read_all(pair.server(), bytes);
  CHECK(bytes.empty());
  CHECK(end.error != SSL_ERROR_ZERO_RETURN);
}

TEST_CASE(
    "a TLS 1.2 session is resumable after a goodbye or SSL_set_shutdown, but not when the connection is just freed") {
  enum class End { goodbye, set_shutdown, nothing };
  const End end = GENERATE(End::goodbye, End::set_shutdown, End::nothing);
  RawPair pair{{.version = TLS1_2_VERSION}};
  REQUIRE(pair.handshake());
  const SessionHandle session{::SSL_get1_session(pair.client())};
  REQUIRE(::SSL_SESSION_is_resumable(session.get()) == 1);
  if (end == End::goodbye) shut_down(pair.client());
  if (end == End::set_shutdown) ::SSL_set_shutdown(pair.client(), SSL_SENT_SHUTDOWN);
  pair.release_client().reset();
  CHECK(::SSL_SESSION_is_resumable(session.get()) == (end == End::nothing ? 0 : 1));
}
