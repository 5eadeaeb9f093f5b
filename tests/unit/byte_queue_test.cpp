// SPDX-License-Identifier: MIT
#include <tlsmode/detail/byte_queue.hpp>

#include <cstddef>
#include <cstring>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "support/catch.hpp"

using tlsmode::detail::ByteQueue;

namespace {

void append(ByteQueue& queue, std::string_view text) { REQUIRE(queue.append(std::as_bytes(std::span{text}))); }

std::string text(const ByteQueue& queue) { return {reinterpret_cast<const char*>(queue.bytes().data()), queue.size()}; }

}  // namespace

/// Under AddressSanitizer: an allocation that is too large answers null, as malloc does, and does not end the program.
extern "C" const char* __asan_default_options();
extern "C" const char* __asan_default_options() { return "allocator_may_return_null=1"; }

TEST_CASE("a new queue is empty and has no memory to give back") {
  ByteQueue queue;
  CHECK(queue.empty());
  CHECK(queue.size() == 0);
  CHECK(queue.bytes().empty());
  queue.release();
  CHECK(queue.empty());
}

TEST_CASE("bytes leave a queue in the order they came") {
  ByteQueue queue;
  append(queue, "one ");
  append(queue, "two ");
  queue.drop(2);
  append(queue, "three");
  CHECK(text(queue) == "e two three");
  queue.drop(queue.size());
  CHECK(queue.empty());
  append(queue, "again");
  CHECK(text(queue) == "again");
}

TEST_CASE("a queue keeps its bytes through growth and reuse, whatever is dropped between") {
  ByteQueue queue;
  std::string expected;
  for (unsigned i = 0; i != 2000; ++i) {
    const std::string piece(i % 97, static_cast<char>('a' + i % 26));
    append(queue, piece);
    expected += piece;
    const std::size_t gone = (i * 31) % (expected.size() + 1);
    queue.drop(gone);
    expected.erase(0, gone);
    REQUIRE(text(queue) == expected);
  }
}

TEST_CASE("room that is filled by hand counts only what was added") {
  ByteQueue queue;
  append(queue, "head ");
  const std::span<std::byte> room = queue.room(100);
  REQUIRE(room.size() >= 100);
  std::memcpy(room.data(), "tail and more", 13);
  queue.add(4);
  CHECK(text(queue) == "head tail");
}

TEST_CASE("appending nothing changes nothing") {
  ByteQueue queue;
  append(queue, {});
  CHECK(queue.empty());
  append(queue, "x");
  append(queue, {});
  CHECK(text(queue) == "x");
}

TEST_CASE("a queue that cannot grow says so and keeps what it has") {
  ByteQueue queue;
  append(queue, "kept");
  CHECK(queue.room(std::numeric_limits<std::size_t>::max() / 2).empty());
  CHECK(text(queue) == "kept");
}

TEST_CASE("a queue that was moved from is empty and usable") {
  ByteQueue from;
  append(from, "moved");
  ByteQueue to{std::move(from)};
  CHECK(text(to) == "moved");
  CHECK(from.empty());
  append(from, "new");
  CHECK(text(from) == "new");
  to = std::move(from);
  CHECK(text(to) == "new");
  CHECK(from.empty());
}

TEST_CASE("memory that was given back comes again when it is needed") {
  ByteQueue queue;
  append(queue, "before");
  queue.clear();
  queue.release();
  append(queue, "after");
  CHECK(text(queue) == "after");
}
