// SPDX-License-Identifier: MIT
// DTLS: what the manual says of release_buffers there, what is true, and what would-block means for datagrams.
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <string>

#include <sys/wait.h>
#include <unistd.h>

#include <openssl/ssl.h>

#include "support/catch.hpp"
#include "support/openssl_memory.hpp"
#include "support/raw_pair.hpp"

using namespace tlsmode_tests;

namespace {

/// Bytes that an idle DTLS connection's record buffers hold.
std::size_t buffers_held(std::uint64_t modes) {
  RawPair pair{{.version = DTLS1_2_VERSION, .modes = modes}};
  REQUIRE(pair.handshake());
  std::string got;
  REQUIRE(write(pair.client(), "ping").result == 4);
  REQUIRE(read(pair.server(), got).result == 4);
  REQUIRE(write(pair.server(), "pong").result == 4);
  REQUIRE(read(pair.client(), got).result == 4);
  const std::size_t before = openssl_bytes_in_use();
  ::SSL_free_buffers(pair.client());
  return before - openssl_bytes_in_use();
}

}  // namespace

TEST_CASE("release_buffers on DTLS keeps both buffers before 3.2, as the manual says, and frees them from 3.2 on") {
  const std::size_t held_by_default = buffers_held(0);
  const std::size_t held_with_mode = buffers_held(SSL_MODE_RELEASE_BUFFERS);
  CAPTURE(held_by_default, held_with_mode);
  CHECK(held_by_default > 16'000);
#if OPENSSL_VERSION_NUMBER < 0x30200000L
  CHECK(held_with_mode == held_by_default);
#else
  CHECK(held_with_mode < 1'000);
#endif
}

#if OPENSSL_VERSION_NUMBER >= 0x30200000L
TEST_CASE("release_buffers on DTLS keeps the read buffer after a read that found nothing, unlike on TLS") {
  RawPair pair{{.version = DTLS1_2_VERSION, .modes = SSL_MODE_RELEASE_BUFFERS}};
  REQUIRE(pair.handshake());
  std::string nothing;
  REQUIRE(read(pair.client(), nothing).error == SSL_ERROR_WANT_READ);
  const std::size_t before = openssl_bytes_in_use();
  ::SSL_free_buffers(pair.client());
  const std::size_t held = before - openssl_bytes_in_use();
  CHECK(held > 16'000);
  CHECK(held < 18'000);
}
#endif

TEST_CASE("a datagram that would block is dropped: other bytes may follow from anywhere") {
  RawPair pair{{.version = DTLS1_2_VERSION}};
  REQUIRE(pair.handshake());
  pair.to_server.budget = 0;
  CHECK(write(pair.client(), "the first message").error == SSL_ERROR_WANT_WRITE);
  pair.to_server.budget = unlimited;
  CHECK(write(pair.client(), "second").result == 6);
  std::string bytes;
  CHECK(read_all(pair.server(), bytes).error == SSL_ERROR_WANT_READ);
  CHECK(bytes == "second");
}

TEST_CASE("a datagram has no room for more than one record, under any write rule") {
  RawPair pair{{.version = DTLS1_2_VERSION, .modes = SSL_MODE_ENABLE_PARTIAL_WRITE}};
  REQUIRE(pair.handshake());
  const Outcome outcome = write(pair.client(), std::string(20'000, 'A'));
  CHECK(outcome.error == (OPENSSL_VERSION_NUMBER < 0x40000000L ? SSL_ERROR_SSL : SSL_ERROR_SYSCALL));
  CHECK(outcome.reason == SSL_R_DTLS_MESSAGE_TOO_BIG);
}

TEST_CASE("after SSL_free_buffers on DTLS a write works from 3.2 on, and crashes 3.0.19") {
  RawPair pair{{.version = DTLS1_2_VERSION}};
  REQUIRE(pair.handshake());
  ::SSL_free_buffers(pair.client());
  if (::OpenSSL_version_num() >= 0x30200000L) {
    CHECK(write(pair.client(), "hello").result == 5);
  } else if (::OpenSSL_version_num() == 0x30000130L) {
    const ::pid_t child = ::fork();
    if (child == 0) {
      ::signal(SIGSEGV, SIG_DFL);  // neither Catch2 nor a sanitizer need report this one
      ::SSL_write(pair.client(), "hello", 5);
      ::_exit(0);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(WIFSIGNALED(status));
  }
}
