// SPDX-License-Identifier: MIT
// The rule of SSL_write: what OpenSSL checks when a blocked write is retried, and what it does not.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <openssl/ssl.h>

#include "support/catch.hpp"
#include "support/raw_pair.hpp"

using namespace tlsmode_tests;

namespace {

constexpr std::uint64_t moving = SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER;
constexpr std::uint64_t partial = SSL_MODE_ENABLE_PARTIAL_WRITE;
constexpr std::size_t record = 16'384;  // plaintext bytes in a full record

int any_version() { return GENERATE(TLS1_2_VERSION, TLS1_3_VERSION); }

std::string received(const RawPair& pair) {
  std::string bytes;
  read_all(pair.server(), bytes);
  return bytes;
}

/// The client, connected, with a write of `bytes` that the wire does not take at all.
struct BlockedWrite : RawPair {
  BlockedWrite(int version, std::uint64_t modes, std::string_view bytes)
      : RawPair{{.version = version, .modes = modes}} {
    REQUIRE(handshake());
    to_server.budget = 0;
    const Outcome outcome = write(client(), bytes);
    REQUIRE(outcome.result == -1);
    REQUIRE(outcome.error == SSL_ERROR_WANT_WRITE);
    to_server.budget = unlimited;
  }
};

}  // namespace

TEST_CASE("retrying from another address is a bad write retry, and then even the right retry fails") {
  const std::string bytes(1'000, 'A');
  const std::string copy = bytes;
  BlockedWrite pair{any_version(), 0, bytes};
  const Outcome moved = write(pair.client(), copy);
  CHECK(moved.error == SSL_ERROR_SSL);
  CHECK(moved.reason == SSL_R_BAD_WRITE_RETRY);
  CHECK(write(pair.client(), bytes).result == -1);
  CHECK(received(pair).empty());
}

TEST_CASE("accept_moving_write_buffer lets the retry come from another address") {
  const std::string bytes(1'000, 'A');
  const std::string copy = bytes;
  BlockedWrite pair{any_version(), moving, bytes};
  CHECK(write(pair.client(), copy).result == 1'000);
  CHECK(received(pair) == bytes);
}

TEST_CASE("retrying with fewer bytes is a bad length under every rule, and then even the right retry fails") {
  const std::string bytes(5'000, 'A');
  const std::uint64_t modes = GENERATE(std::uint64_t{0}, partial, moving, partial | moving);
  BlockedWrite pair{any_version(), modes, bytes};
  const Outcome shorter = write(pair.client(), std::string_view{bytes}.substr(0, 1'400));
  CHECK(shorter.error == SSL_ERROR_SSL);
  CHECK(shorter.reason == SSL_R_BAD_LENGTH);
  CHECK(write(pair.client(), bytes).result == -1);
  CHECK(received(pair).empty());
}

TEST_CASE("retrying with more bytes sends what was committed, then the rest of the new bytes") {
  const std::string bytes(6'000, 'A');
  BlockedWrite pair{any_version(), 0, std::string_view{bytes}.substr(0, 5'000)};
  CHECK(write(pair.client(), bytes).result == 6'000);
  CHECK(received(pair) == bytes);
}

TEST_CASE("bytes edited in place before the retry are reported as sent, but the peer gets the old ones") {
  std::string bytes(1'000, 'A');
  BlockedWrite pair{any_version(), 0, bytes};
  std::fill(bytes.begin(), bytes.end(), 'B');
  CHECK(write(pair.client(), bytes).result == 1'000);
  CHECK(received(pair) == std::string(1'000, 'A'));
}

TEST_CASE(
    "with a moving buffer other bytes are reported as sent, but the peer gets the old ones and the tail of the new") {
  const std::string old_bytes(5'000, 'A');
  const std::string new_bytes(6'000, 'B');
  BlockedWrite pair{any_version(), moving, old_bytes};
  CHECK(write(pair.client(), new_bytes).result == 6'000);
  CHECK(received(pair) == std::string(5'000, 'A') + std::string(1'000, 'B'));
}

TEST_CASE(
    "with a moving buffer a second message sent while the first is blocked is lost, and the first arrives twice") {
  const std::string first(100, 'A');
  const std::string second(100, 'B');
  BlockedWrite pair{any_version(), moving, first};
  CHECK(write(pair.client(), second).result == 100);
  CHECK(write(pair.client(), first).result == 100);
  CHECK(received(pair) == first + first);
}

TEST_CASE("a whole write that says want_write may have sent whole records already") {
  RawPair pair{{.version = any_version()}};
  REQUIRE(pair.handshake());
  pair.to_server.budget = 17'000;
  const std::string bytes(40'000, 'A');
  const Outcome outcome = write(pair.client(), bytes);
  CHECK(outcome.result == -1);
  CHECK(outcome.error == SSL_ERROR_WANT_WRITE);
  CHECK(received(pair).size() == record);
}

TEST_CASE("an abandoned whole write goes on inside the next one") {
  RawPair pair{{.version = any_version(), .modes = moving}};
  REQUIRE(pair.handshake());
  pair.to_server.budget = 17'000;
  REQUIRE(write(pair.client(), std::string(40'000, 'A')).error == SSL_ERROR_WANT_WRITE);
  pair.to_server.budget = unlimited;
  CHECK(write(pair.client(), std::string(41'000, 'B')).result == 41'000);
  CHECK(received(pair) == std::string(2 * record, 'A') + std::string(41'000 - 2 * record, 'B'));
}

TEST_CASE("a blocked write of one record is committed exactly: its bytes are ciphertext and are not read again") {
  const int version = any_version();
  std::string bytes(record, 'A');
  BlockedWrite pair{version, moving, bytes};
  const std::size_t records_before = records_in(pair.to_server.delivered).size();
  bytes.assign(record, 'B');
  CHECK(write(pair.client(), bytes).result == static_cast<int>(record));
  CHECK(records_in(pair.to_server.delivered).size() == records_before + 1);
  CHECK(received(pair) == std::string(record, 'A'));
}

TEST_CASE("a partial write returns after one record even when the wire takes everything") {
  RawPair pair{{.version = any_version(), .modes = partial}};
  REQUIRE(pair.handshake());
  const std::string bytes(40'000, 'A');
  CHECK(write(pair.client(), bytes).result == static_cast<int>(record));
}

TEST_CASE("a retried partial write may send a record, block in the next one and say want_write") {
  const std::string bytes(40'000, 'A');
  BlockedWrite pair{any_version(), partial, bytes};
  pair.to_server.budget = 17'000;
  CHECK(write(pair.client(), bytes).error == SSL_ERROR_WANT_WRITE);
  CHECK(received(pair).size() == record);
}

TEST_CASE("a retried partial write may return more than one record") {
  const std::string bytes(40'000, 'A');
  BlockedWrite pair{any_version(), partial, bytes};
  CHECK(write(pair.client(), bytes).result == static_cast<int>(2 * record));
}

TEST_CASE("a pending write cannot be seen from outside: an idle read changes what SSL_want says") {
  const std::string bytes(1'000, 'A');
  BlockedWrite pair{any_version(), 0, bytes};
  CHECK(::SSL_want(pair.client()) == SSL_WRITING);
  std::string nothing;
  CHECK(read(pair.client(), nothing).error == SSL_ERROR_WANT_READ);
  CHECK(::SSL_want(pair.client()) == SSL_READING);
  CHECK(write(pair.client(), bytes).result == 1'000);
  CHECK(received(pair) == bytes);
}

TEST_CASE("a write that blocks in the handshake has committed nothing, and SSL_in_init tells") {
  RawPair pair{{.version = any_version()}};
  const std::string never_sent(1'000, 'A');
  CHECK(write(pair.client(), never_sent).error == SSL_ERROR_WANT_READ);
  CHECK(::SSL_in_init(pair.client()) == 1);
  REQUIRE(pair.handshake());
  CHECK(write(pair.client(), "other").result == 5);
  CHECK(received(pair) == "other");
}

TEST_CASE("a write that blocks after the handshake has committed its bytes, and SSL_in_init tells") {
  BlockedWrite pair{any_version(), 0, "hello"};
  CHECK(::SSL_in_init(pair.client()) == 0);
}

TEST_CASE("SSL_write of nothing answers 0, which SSL_get_error takes for a failed system call") {
  RawPair pair{{.version = any_version()}};
  REQUIRE(pair.handshake());
  const std::size_t writes_before = pair.to_server.write_calls;
  const Outcome outcome = write(pair.client(), "");
  CHECK(outcome.result == 0);
  CHECK(outcome.error == SSL_ERROR_SYSCALL);
  CHECK(pair.to_server.write_calls == writes_before);
  CHECK(write(pair.client(), "hello").result == 5);
}

TEST_CASE("SSL_write of nothing while a write is pending is fatal") {
  const std::string bytes(1'000, 'A');
  BlockedWrite pair{any_version(), 0, bytes};
  const Outcome empty = write(pair.client(), "");
  CHECK(empty.error == SSL_ERROR_SSL);
  CHECK(empty.reason == SSL_R_BAD_LENGTH);
  CHECK(write(pair.client(), bytes).result == -1);
}

TEST_CASE("a key update asked for while a write is pending is refused, and the write goes on") {
  const std::string bytes(1'000, 'A');
  BlockedWrite pair{TLS1_3_VERSION, 0, bytes};
  const Outcome update =
      call(pair.client(), [&] { return ::SSL_key_update(pair.client(), SSL_KEY_UPDATE_NOT_REQUESTED); });
  CHECK(update.result == 0);
  CHECK(update.reason == SSL_R_BAD_WRITE_RETRY);
  CHECK(write(pair.client(), bytes).result == 1'000);
  CHECK(received(pair) == bytes);
}

TEST_CASE("a wire that never says would-block leaves no write pending, whatever the size") {
  RawPair pair{{.version = any_version()}};
  REQUIRE(pair.handshake());
  const std::string bytes(200'000, 'A');
  CHECK(write(pair.client(), bytes).result == 200'000);
  CHECK(write(pair.client(), "hello").result == 5);
  CHECK(received(pair) == bytes + "hello");
}
