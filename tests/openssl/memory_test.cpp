// SPDX-License-Identifier: MIT
// What an idle connection holds, measured inside OpenSSL's allocator. Inequalities leave room for other builds.
#include <cstddef>
#include <cstdint>
#include <string>

#include <openssl/ssl.h>

#include "support/catch.hpp"
#include "support/openssl_memory.hpp"
#include "support/raw_pair.hpp"

using namespace tlsmode_tests;

namespace {

constexpr std::size_t record = 16'384;

int any_version() { return GENERATE(TLS1_2_VERSION, TLS1_3_VERSION); }

/// A full record each way, so that every buffer has been needed once.
void talk(RawPair& pair) {
  const std::string bytes(record, 'A');
  std::string got;
  REQUIRE(write(pair.client(), bytes).result == static_cast<int>(record));
  REQUIRE(read(pair.server(), got).result > 0);
  REQUIRE(write(pair.server(), bytes).result == static_cast<int>(record));
  REQUIRE(read(pair.client(), got).result > 0);
}

/// Bytes that `what` frees.
template <typename Function>
std::size_t freed_by(Function what) {
  const std::size_t before = openssl_bytes_in_use();
  what();
  return before - openssl_bytes_in_use();
}

/// Bytes an idle client and an idle server hold together, contexts and certificates left out.
std::size_t idle_bytes(const PairOptions& options) {
  RawPair pair{options};
  REQUIRE(pair.handshake());
  talk(pair);
  return freed_by([&] {
    pair.release_client().reset();
    pair.release_server().reset();
  });
}

}  // namespace

TEST_CASE("the test program counts OpenSSL's memory") {
  REQUIRE(openssl_memory_is_counted());
  const std::size_t before = openssl_bytes_in_use();
  void* const block = OPENSSL_malloc(1'000);
  CHECK(openssl_bytes_in_use() >= before + 1'000);
  OPENSSL_free(block);
  CHECK(openssl_bytes_in_use() == before);
}

TEST_CASE("release_buffers saves a read buffer and a write buffer per idle connection, more than 32,000 bytes") {
  const int version = any_version();
  const std::size_t kept = idle_bytes({.version = version});
  const std::size_t released = idle_bytes({.version = version, .modes = SSL_MODE_RELEASE_BUFFERS});
  CAPTURE(kept, released);
  CHECK(kept > released + 2 * 32'000);
  CHECK(kept < released + 2 * 36'000);
}

TEST_CASE("SSL_free_buffers saves as much, without the mode") {
  RawPair pair{{.version = any_version()}};
  REQUIRE(pair.handshake());
  talk(pair);
  const std::size_t saved = freed_by([&] { CHECK(::SSL_free_buffers(pair.client()) == 1); });
  CHECK(saved > 32'000);
  talk(pair);  // the buffers come back when they are needed
}

TEST_CASE("SSL_free_buffers refuses while a write is pending") {
  RawPair pair{{.version = any_version()}};
  REQUIRE(pair.handshake());
  const std::string bytes(1'000, 'A');
  pair.to_server.budget = 0;
  REQUIRE(write(pair.client(), bytes).error == SSL_ERROR_WANT_WRITE);
  CHECK(::SSL_free_buffers(pair.client()) == 0);
  pair.to_server.budget = unlimited;
  CHECK(write(pair.client(), bytes).result == 1'000);
}

TEST_CASE("with release_buffers a TLS read that finds nothing leaves no read buffer behind") {
  RawPair pair{{.version = any_version(), .modes = SSL_MODE_RELEASE_BUFFERS}};
  REQUIRE(pair.handshake());
  talk(pair);
  std::string nothing;
  REQUIRE(read(pair.client(), nothing).error == SSL_ERROR_WANT_READ);
  CHECK(freed_by([&] { ::SSL_free_buffers(pair.client()); }) < 100);
}

TEST_CASE(
    "release_buffers set after the handshake still frees both buffers before 3.2, and only the read buffer from 3.2 "
    "on") {
  RawPair pair{{.version = any_version()}};
  REQUIRE(pair.handshake());
  talk(pair);
  SSL_set_mode(pair.client(), SSL_MODE_RELEASE_BUFFERS);
  const std::size_t saved = freed_by([&] { talk(pair); });
  CAPTURE(saved);
#if OPENSSL_VERSION_NUMBER < 0x30200000L
  CHECK(saved > 32'000);
#else
  CHECK(saved > 16'000);
  CHECK(saved < 18'000);
#endif
}

TEST_CASE(
    "release_buffers cleared after the handshake keeps the buffers before 3.2, and goes on freeing them from 3.2 on") {
  RawPair pair{{.version = any_version(), .modes = SSL_MODE_RELEASE_BUFFERS}};
  REQUIRE(pair.handshake());
  talk(pair);
  SSL_clear_mode(pair.client(), SSL_MODE_RELEASE_BUFFERS);
  talk(pair);
  const std::size_t held = freed_by([&] { ::SSL_free_buffers(pair.client()); });
#if OPENSSL_VERSION_NUMBER < 0x30200000L
  CHECK(held > 32'000);
#else
  CHECK(held < 1'000);
#endif
}

TEST_CASE("release_buffers costs one allocation for a write and one for a read") {
  const int version = any_version();
  const auto allocations_of_a_talk = [&](std::uint64_t modes) {
    RawPair pair{{.version = version, .modes = modes}};
    REQUIRE(pair.handshake());
    talk(pair);
    const std::size_t before = openssl_allocations();
    talk(pair);
    return openssl_allocations() - before;
  };
  CHECK(allocations_of_a_talk(SSL_MODE_RELEASE_BUFFERS) == allocations_of_a_talk(0) + 4);  // two writes, two reads
}

#if OPENSSL_VERSION_NUMBER >= 0x30500000L
TEST_CASE("a connection made with ML-KEM keeps those keys, X25519 alone does not") {
  const auto idle_with = [](const char* groups) {
    return idle_bytes({.modes = SSL_MODE_RELEASE_BUFFERS, .configure = [groups](::SSL_CTX* client, ::SSL_CTX* server) {
                         REQUIRE(SSL_CTX_set1_groups_list(client, groups) == 1);
                         REQUIRE(SSL_CTX_set1_groups_list(server, groups) == 1);
                       }});
  };
  CHECK(idle_with("X25519MLKEM768") > idle_with("X25519") + 8'000);
}
#endif
