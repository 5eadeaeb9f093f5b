// SPDX-License-Identifier: MIT
// What an event loop does: reads until there is nothing, answers, and waits. After a small message the engine looks at the
// transport before it asks OpenSSL, so that this costs neither OpenSSL's buffer nor a second receive.
#include <cerrno>
#include <cstddef>
#include <string>
#include <string_view>

#include <openssl/ssl.h>

#include <tlsmode/tlsmode.hpp>

#include "support/catch.hpp"
#include "support/heap_memory.hpp"
#include "support/openssl_memory.hpp"
#include "support/tls_pair.hpp"

using namespace tlsmode_tests;
using namespace tlsmode;

namespace {

/// A connected pair whose server has found its input dry.
struct Loop {
  explicit Loop(TlsPairOptions options = {}) : pair{options} {
    REQUIRE(shake_hands(pair).done());
    REQUIRE(hear(pair.client).end == IoStatus::want_read);
    REQUIRE(hear(pair.server).end == IoStatus::want_read);
  }
  Lane& input() { return pair.wire.to_server; }
  /// One message to the server. Returns: how often its transport is asked until it has read all, and found no more.
  std::size_t receives_of(std::string_view message) {
    REQUIRE(pair.client.write(message).status == IoStatus::done);
    const std::size_t before = input().receive_calls;
    const Heard heard = hear(pair.server);
    CHECK(heard.text == message);
    CHECK(heard.end == IoStatus::want_read);
    return input().receive_calls - before;
  }

  TlsPair<> pair;
};

}  // namespace

TEST_CASE("a message is received with one call, and that there is no more is found with another, whatever the sizes") {
  Loop loop;
  for (const std::size_t size : {1U, 64U, 4096U, 4097U, 64U, 16384U, 64U, 64U, 5000U, 5000U, 1U}) {
    CHECK(loop.receives_of(pattern(size)) == 2);
  }
}

TEST_CASE("that there is nothing to read costs none of OpenSSL's memory after a small message") {
  Loop loop;
  REQUIRE(loop.pair.client.write(std::string_view{"next"}).status == IoStatus::done);
  const std::size_t before = openssl_allocations();
  char buffer[100];
  CHECK(loop.pair.server.read(buffer) == ReadResult{IoStatus::done, 4});
  REQUIRE(loop.pair.server.write(std::string_view{"answer"}).status == IoStatus::done);  // and OpenSSL's buffers go
  const std::size_t asked = openssl_allocations();
  CHECK(asked != before);
  CHECK(loop.pair.server.read(buffer) == ReadResult{IoStatus::want_read, 0});
  CHECK(openssl_allocations() == asked);
  CHECK(loop.pair.server.wants_read());
  CHECK_FALSE(loop.pair.server.wants_write());
  CHECK(loop.pair.server.error().kind() == ErrorKind::none);
}

TEST_CASE("large messages are received with one call each, also by a caller that does not look for more") {
  Loop loop;
  const std::string message = pattern(10'000);
  char buffer[16'384];
  for (int i = 0; i != 3; ++i) {
    REQUIRE(loop.pair.client.write(message).status == IoStatus::done);
    const std::size_t before = loop.input().receive_calls;
    CHECK(loop.pair.server.read(buffer) == ReadResult{IoStatus::done, message.size()});
    CHECK(loop.input().receive_calls == before + 1);
  }
}

TEST_CASE("after an event a connection keeps none of OpenSSL's buffers") {
  Loop loop;
  static_cast<void>(loop.receives_of("question"));
  const std::size_t before = heap_bytes_in_use();
  for (int i = 0; i != 3; ++i) {
    char buffer[100];
    REQUIRE(loop.pair.client.write(std::string_view{"question"}).status == IoStatus::done);
    REQUIRE(hear(loop.pair.client).end == IoStatus::want_read);
    REQUIRE(loop.pair.server.read(buffer).bytes == 8);
    REQUIRE(loop.pair.server.write(std::string_view{"answer"}).status == IoStatus::done);
    REQUIRE(loop.pair.server.read(buffer).status == IoStatus::want_read);
    REQUIRE(hear(loop.pair.client).text == "answer");
  }
  CHECK(heap_bytes_in_use() < before + 2'000);
}

TEST_CASE("several small messages that come together are all read, and seen to wait meanwhile") {
  Loop loop;
  static_cast<void>(loop.receives_of("first"));
  std::string all;
  for (int i = 0; i != 30; ++i) {
    const std::string message = std::to_string(i) + std::string(200, 'x');
    REQUIRE(loop.pair.client.write(message).status == IoStatus::done);
    all += message;
  }
  std::string heard;
  while (heard.size() != all.size()) {
    char buffer[1000];
    const ReadResult result = loop.pair.server.read(buffer);
    REQUIRE(result.status == IoStatus::done);
    heard.append(buffer, result.bytes);
    if (loop.input().bytes.empty() && heard.size() != all.size()) CHECK(loop.pair.server.has_input());
  }
  CHECK(heard == all);
}

TEST_CASE("a small message in pieces is read whole, wherever it is cut") {
  Loop loop;
  const auto most = static_cast<std::size_t>(GENERATE(range(1, 90)));
  static_cast<void>(loop.receives_of("first"));
  char byte[1];
  REQUIRE(loop.pair.client.write(std::string_view{"x"}).status == IoStatus::done);
  REQUIRE(loop.pair.server.read(byte).bytes == 1);
  loop.input().most_received = most;
  const std::string message = pattern(64);
  REQUIRE(loop.pair.client.write(message).status == IoStatus::done);
  CHECK(hear(loop.pair.server).text == message);
  REQUIRE(loop.pair.client.write(message).status == IoStatus::done);
  CHECK(hear(loop.pair.server).text == message);
}

TEST_CASE("what a look is told is what the read answers: an end, and a failure that a system tells once") {
  Loop loop;
  REQUIRE(loop.pair.client.write(std::string_view{"x"}).status == IoStatus::done);
  char buffer[10];
  REQUIRE(loop.pair.server.read(buffer).bytes == 1);  // the next read looks
  SECTION("an end") {
    loop.input().ended = true;
    CHECK(loop.pair.server.read(buffer).status == IoStatus::truncated);
    CHECK(loop.pair.server.write(std::string_view{"still"}).status == IoStatus::done);
  }
  SECTION("a failure") {
    loop.input().receive_error = ECONNRESET;
    CHECK(loop.pair.server.read(buffer).status == IoStatus::failed);
    CHECK(loop.pair.server.error().system_error() == ECONNRESET);
  }
}

TEST_CASE("a read of less than a message leaves the rest to the next read") {
  Loop loop;
  REQUIRE(loop.pair.client.write(std::string_view{"abcdef"}).status == IoStatus::done);
  char half[3];
  CHECK(loop.pair.server.read(half) == ReadResult{IoStatus::done, 3});
  CHECK(loop.pair.server.has_input());
  CHECK(loop.pair.server.read(half) == ReadResult{IoStatus::done, 3});
  CHECK(std::string_view{half, 3} == "def");
  CHECK(loop.pair.server.read(half) == ReadResult{IoStatus::want_read, 0});
}

TEST_CASE(
    "what OpenSSL has to do in a read is done although there is nothing to read: a renegotiation that was asked for") {
  const bool is_key_update = GENERATE(false, true);
  Loop loop{is_key_update ? TlsPairOptions{} : TlsPairOptions{.configure = [](::SSL_CTX* client, ::SSL_CTX*) {
    ::SSL_CTX_set_max_proto_version(client, TLS1_2_VERSION);
  }}};
  REQUIRE(loop.pair.client.write(std::string_view{"x"}).status == IoStatus::done);
  char buffer[10];
  REQUIRE(loop.pair.server.read(buffer).bytes == 1);
  ::SSL* const ssl = loop.pair.server.native_handle();
  REQUIRE((is_key_update ? ::SSL_key_update(ssl, SSL_KEY_UPDATE_NOT_REQUESTED) : ::SSL_renegotiate(ssl)) == 1);
  const std::size_t before = loop.pair.wire.to_client.sent;
  static_cast<void>(loop.pair.server.read(buffer));
  CHECK(loop.pair.wire.to_client.sent != before);
}
