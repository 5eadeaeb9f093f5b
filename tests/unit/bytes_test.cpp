// SPDX-License-Identifier: MIT
#include <tlsmode/bytes.hpp>

#include <array>
#include <cstddef>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "support/catch.hpp"

using namespace tlsmode;
using namespace std::string_view_literals;

TEST_CASE("contiguous ranges of every byte type are bytes") {
  STATIC_REQUIRE(ByteRange<std::span<const std::byte>>);
  STATIC_REQUIRE(ByteRange<std::span<std::byte, 4>&>);
  STATIC_REQUIRE(ByteRange<const std::string&>);
  STATIC_REQUIRE(ByteRange<std::string_view>);
  STATIC_REQUIRE(ByteRange<std::vector<unsigned char>&>);
  STATIC_REQUIRE(ByteRange<std::array<char, 3>&>);
  STATIC_REQUIRE(ByteRange<std::byte(&)[5]>);
  STATIC_REQUIRE(ByteRange<char(&)[5]>);
}

TEST_CASE("what is not contiguous, not of bytes, or a literal, is no bytes") {
  STATIC_REQUIRE_FALSE(ByteRange<std::vector<int>&>);
  STATIC_REQUIRE_FALSE(ByteRange<std::deque<char>&>);
  STATIC_REQUIRE_FALSE(ByteRange<std::wstring&>);
  STATIC_REQUIRE_FALSE(ByteRange<const char*>);
  STATIC_REQUIRE_FALSE(ByteRange<int>);
  STATIC_REQUIRE_FALSE(ByteRange<const char(&)[5]>);
}

TEST_CASE("only what is not const can be read into") {
  STATIC_REQUIRE(WritableByteRange<std::string&>);
  STATIC_REQUIRE(WritableByteRange<std::span<std::byte>>);
  STATIC_REQUIRE(WritableByteRange<char(&)[4]>);
  STATIC_REQUIRE_FALSE(WritableByteRange<const std::string&>);
  STATIC_REQUIRE_FALSE(WritableByteRange<std::span<const std::byte>>);
  STATIC_REQUIRE_FALSE(WritableByteRange<std::string_view>);
}

TEST_CASE("views and lvalues stay in place, owning temporaries do not") {
  STATIC_REQUIRE(StaysInPlace<std::string&>);
  STATIC_REQUIRE(StaysInPlace<const std::vector<char>&>);
  STATIC_REQUIRE(StaysInPlace<std::string_view>);
  STATIC_REQUIRE(StaysInPlace<std::span<const std::byte>>);
  STATIC_REQUIRE_FALSE(StaysInPlace<std::string>);
  STATIC_REQUIRE_FALSE(StaysInPlace<std::vector<std::byte>>);
  STATIC_REQUIRE_FALSE(StaysInPlace<std::array<char, 4>>);
}

TEST_CASE("bytes keep their address and their size") {
  std::string text = "text";
  CHECK(static_cast<const void*>(detail::as_bytes(text).data()) == text.data());
  CHECK(detail::as_bytes(text).size() == 4);
  CHECK(detail::as_bytes("a\0b"sv).size() == 3);
  CHECK(detail::as_bytes(std::string_view{}).empty());

  const std::span<std::byte> writable = detail::as_writable_bytes(text);
  writable[0] = std::byte{'n'};
  CHECK(text == "next");
}
