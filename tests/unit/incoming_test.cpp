// SPDX-License-Identifier: MIT
#include <tlsmode/engine/incoming.hpp>

#include <cerrno>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/heap_memory.hpp"
#include "support/wire.hpp"

using namespace tlsmode_tests;
using tlsmode::IoStatus;
using tlsmode::ReadResult;
using tlsmode::engine::Incoming;

namespace {

constexpr std::size_t full_body = 16'401;  // 16384 bytes and what encryption adds

std::vector<std::byte> records(std::size_t count, std::size_t body) {
  std::vector<std::byte> bytes;
  for (std::size_t i = 0; i != count; ++i) {
    for (const unsigned byte : {0x17U, 3U, 3U, unsigned(body >> 8U), unsigned(body & 0xFFU)}) {
      bytes.push_back(std::byte(byte));
    }
    bytes.insert(bytes.end(), body, std::byte(i));
  }
  return bytes;
}

/// What OpenSSL sees: one read with room for a record.
struct Reader {
  Wire wire;
  WireEnd end = WireEnd::client(wire);
  Incoming incoming;
  std::vector<std::byte> room = std::vector<std::byte>(16'704);

  ReadResult read() { return incoming.read(end, std::span{room}); }
};

}  // namespace

TEST_CASE("each read gives the rest of one record and nothing of the next") {
  Reader reader;
  reader.wire.to_client.bytes = records(3, 100);
  for (int i = 0; i != 3; ++i) {
    CHECK(reader.read() == ReadResult{IoStatus::done, 105});
    CHECK(reader.room[104] == std::byte(i));
  }
  CHECK(reader.wire.to_client.receive_calls == 1);
  CHECK(reader.incoming.empty());
  CHECK(reader.read() == ReadResult{IoStatus::want_read, 0});
  CHECK(reader.incoming.dry());
  reader.incoming.start_read();
  CHECK_FALSE(reader.incoming.dry());
  CHECK(reader.incoming.has_been_dry());
}

TEST_CASE("a record that comes in pieces is given in pieces") {
  Reader reader;
  reader.wire.to_client.bytes = records(2, 10);
  reader.wire.to_client.most_received = 4;
  std::string sizes;
  for (int i = 0; i != 8; ++i) sizes += std::to_string(reader.read().bytes) + ' ';
  CHECK(sizes == "4 4 4 3 1 4 4 4 ");  // the fourth receive brought the first byte of the second record
}

TEST_CASE("a burst of full records is received several at once, and its memory goes with it") {
  Reader reader;
  reader.wire.to_client.bytes = records(20, full_body);
  const std::size_t before = heap_bytes_in_use();
  std::size_t bytes = 0;
  while (bytes != 20 * (full_body + 5)) {
    const ReadResult result = reader.read();
    REQUIRE(result.status == IoStatus::done);
    bytes += result.bytes;
  }
  CHECK(reader.wire.to_client.receive_calls < 9);
  CHECK(reader.read().status == IoStatus::want_read);
  CHECK(reader.incoming.at_rest());
  CHECK(heap_bytes_in_use() < before + 10'000);
}

TEST_CASE("small room that is filled makes no burst") {
  Reader reader;
  reader.wire.to_client.bytes = records(2, 200);
  reader.room.resize(100);
  CHECK(reader.read().bytes == 100);
  CHECK(reader.read().bytes == 100);
  CHECK(reader.wire.to_client.bytes.size() == 210);
}

TEST_CASE("input is at rest between records only, with nothing held and no burst under way") {
  Reader reader;
  CHECK(reader.incoming.at_rest());
  reader.wire.to_client.bytes = records(2, 10);
  reader.wire.to_client.most_received = 7;
  CHECK(reader.read().bytes == 7);
  CHECK_FALSE(reader.incoming.at_rest());
  reader.wire.to_client.most_received = unlimited;
  CHECK(reader.read().bytes == 8);
  CHECK_FALSE(reader.incoming.at_rest());  // the second one is held
  CHECK(reader.read().bytes == 15);
  CHECK(reader.incoming.at_rest());
}

TEST_CASE("the end of the stream and a failure are told apart, and kept") {
  Reader reader;
  SECTION("the end") {
    reader.wire.to_client.ended = true;
    CHECK(reader.read() == ReadResult{IoStatus::truncated, 0});
    CHECK(reader.incoming.ended());
    CHECK(reader.incoming.error() == 0);
  }
  SECTION("a failure") {
    reader.wire.to_client.receive_error = ECONNRESET;
    CHECK(reader.read() == ReadResult{IoStatus::failed, 0});
    CHECK_FALSE(reader.incoming.ended());
    CHECK(reader.incoming.error() == ECONNRESET);
  }
  SECTION("both, in the middle of a burst") {
    reader.wire.to_client.bytes = records(2, full_body);
    CHECK(reader.read().bytes == full_body + 5);
    CHECK(reader.read().bytes != 0);
    reader.wire.to_client.bytes.clear();
    reader.wire.to_client.ended = true;
    CHECK(reader.read() == ReadResult{IoStatus::truncated, 0});
  }
}

TEST_CASE("what a look receives is given out next, in records, and what is left of it is kept") {
  Reader reader;
  reader.wire.to_client.bytes = records(3, 100);
  std::byte memory[250];
  Incoming::Look look;
  CHECK_FALSE(reader.incoming.begin_look(look, reader.end, memory));
  CHECK(reader.read() == ReadResult{IoStatus::done, 105});
  CHECK(reader.room[104] == std::byte{0});
  reader.incoming.end_look();
  CHECK_FALSE(reader.incoming.empty());
  CHECK_FALSE(reader.incoming.at_rest());
  CHECK(reader.read() == ReadResult{IoStatus::done, 105});
  CHECK(reader.room[104] == std::byte{1});
  CHECK(reader.read() == ReadResult{IoStatus::done, 40});
  CHECK(reader.read() == ReadResult{IoStatus::done, 65});
  CHECK(reader.incoming.at_rest());
}

TEST_CASE(
    "a look that finds nothing says so, and one that is told of an end or a failure leaves that to the next read") {
  Reader reader;
  std::byte memory[250];
  Incoming::Look look;
  SECTION("nothing") {
    CHECK(reader.incoming.begin_look(look, reader.end, memory));
    CHECK(reader.incoming.dry());
    reader.incoming.end_look();
    CHECK(reader.incoming.at_rest());
  }
  SECTION("an end") {
    reader.wire.to_client.ended = true;
    CHECK_FALSE(reader.incoming.begin_look(look, reader.end, memory));
    const std::size_t calls = reader.wire.to_client.receive_calls;
    CHECK(reader.read() == ReadResult{IoStatus::truncated, 0});
    CHECK(reader.wire.to_client.receive_calls == calls);
    reader.incoming.end_look();
  }
  SECTION("a failure") {
    reader.wire.to_client.receive_error = ECONNRESET;
    CHECK_FALSE(reader.incoming.begin_look(look, reader.end, memory));
    reader.wire.to_client.receive_error = 0;  // a system says it once
    CHECK(reader.read() == ReadResult{IoStatus::failed, 0});
    CHECK(reader.incoming.error() == ECONNRESET);
    reader.incoming.end_look();
  }
}
