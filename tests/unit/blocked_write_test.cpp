// SPDX-License-Identifier: MIT
#include <tlsmode/engine/blocked_write.hpp>

#include <cstddef>
#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "support/catch.hpp"

using tlsmode::engine::BlockedWrite;

namespace {

std::span<const std::byte> bytes(std::string_view text) { return std::as_bytes(std::span{text}); }

std::uint64_t fingerprint(std::string_view text, std::uint64_t seed = 7) {
  return tlsmode::engine::fingerprint(bytes(text), seed);
}

}  // namespace

TEST_CASE("equal bytes at different addresses have the same fingerprint") {
  const std::string one(1000, 'x');
  const std::string storage = "odd" + one;
  CHECK(fingerprint(one) == fingerprint(std::string_view{storage}.substr(3)));
}

TEST_CASE("changing any one byte changes the fingerprint") {
  for (const std::size_t size : {std::size_t{1}, std::size_t{7}, std::size_t{32}, std::size_t{33}, std::size_t{300}}) {
    std::string text(size, 'a');
    std::set<std::uint64_t> seen{fingerprint(text)};
    for (std::size_t i = 0; i != size; ++i) {
      text[i] = 'b';
      CHECK(seen.insert(fingerprint(text)).second);
      text[i] = 'a';
    }
  }
}

TEST_CASE("zeros of different lengths have different fingerprints") {
  std::set<std::uint64_t> seen;
  for (std::size_t size = 0; size != 200; ++size) CHECK(seen.insert(fingerprint(std::string(size, '\0'))).second);
}

TEST_CASE("exchanging two blocks changes the fingerprint") {
  const std::string a(32, 'a');
  const std::string b(32, 'b');
  CHECK(fingerprint(a + b) != fingerprint(b + a));
  const std::string left(8, 'l');
  const std::string right(8, 'r');
  CHECK(fingerprint(left + right) != fingerprint(right + left));
}

TEST_CASE("the seed changes the fingerprint") { CHECK(fingerprint("text", 1) != fingerprint("text", 2)); }

TEST_CASE("a new blocked write is none") {
  const BlockedWrite blocked;
  CHECK_FALSE(blocked.active());
  CHECK(blocked.length() == 0);
  CHECK(blocked.committed() == 0);
}

TEST_CASE("a blocked write matches bytes that begin with the committed ones, and no others") {
  const std::string text(5000, 't');
  BlockedWrite blocked;
  blocked.hold(bytes(text), 3000, 1);
  CHECK(blocked.active());
  CHECK(blocked.length() == 5000);
  CHECK(blocked.committed() == 3000);

  std::string other = text;
  CHECK(blocked.matches(bytes(other), 1));
  CHECK(blocked.matches(bytes(other + "and more"), 1));
  other[2999] = 'x';
  CHECK_FALSE(blocked.matches(bytes(other), 1));
  other[2999] = 't';
  other[3000] = 'x';  // not committed: the caller may still change it
  CHECK(blocked.matches(bytes(other), 1));
}

TEST_CASE("of a long write the last committed bytes are remembered") {
  const std::string text(BlockedWrite::window * 2, 't');
  BlockedWrite blocked;
  blocked.hold(bytes(text), text.size() - 10, 1);
  std::string other = text;
  other[text.size() - 11] = 'x';
  CHECK_FALSE(blocked.matches(bytes(other), 1));
  other = text;
  other[text.size() - 10 - BlockedWrite::window] = 'x';  // the first one of the window
  CHECK_FALSE(blocked.matches(bytes(other), 1));
}

TEST_CASE("a write of which nothing is committed matches anything of its length") {
  const std::string text = "anything";
  BlockedWrite blocked;
  blocked.hold(bytes(text), 0, 1);
  CHECK(blocked.matches(bytes("anythink"), 1));
}

TEST_CASE("a blocked write is forgotten when it is cleared") {
  const std::string text = "text";
  BlockedWrite blocked;
  blocked.hold(bytes(text), 2, 1);
  blocked.clear();
  CHECK_FALSE(blocked.active());
}
