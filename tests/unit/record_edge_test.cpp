// SPDX-License-Identifier: MIT
#include <tlsmode/engine/record_edge.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "support/catch.hpp"

using tlsmode::engine::RecordEdge;

namespace {

std::string record(std::size_t body) {
  const char header[] = {'\x17', '\x03', '\x03', static_cast<char>(body >> 8U), static_cast<char>(body & 0xFFU)};
  return std::string(header, sizeof header) + std::string(body, 'x');
}

/// Where the edge lies when `stream` comes in pieces of `piece` bytes: the sizes of what it let through.
std::vector<std::size_t> records_of(const std::string& stream, std::size_t piece) {
  RecordEdge edge;
  std::vector<std::size_t> sizes(1);
  for (std::size_t at = 0; at != stream.size();) {
    const std::size_t end = at / piece * piece + piece;
    const std::size_t size = (end < stream.size() ? end : stream.size()) - at;
    const std::size_t taken = edge.advance(std::as_bytes(std::span{stream.data() + at, size}));
    REQUIRE(taken != 0);
    at += taken;
    sizes.back() += taken;
    if (edge.between_records()) sizes.push_back(0);
  }
  if (sizes.back() == 0) sizes.pop_back();
  return sizes;
}

}  // namespace

TEST_CASE("a stream is cut at the edges of its records, however it comes") {
  const std::string stream = record(0) + record(1) + record(300) + record(16'640) + record(7);
  for (const std::size_t piece : {1U, 2U, 3U, 4U, 5U, 6U, 7U, 305U, 16'645U, 100'000U}) {
    INFO(piece);
    CHECK(records_of(stream, piece) == std::vector<std::size_t>{5, 6, 305, 16'645, 12});
  }
}

TEST_CASE("an edge is between records at the start and after each whole one, and nowhere else") {
  const std::string stream = record(2);
  RecordEdge edge;
  CHECK(edge.between_records());
  for (std::size_t at = 0; at != stream.size(); ++at) {
    CHECK(edge.advance(std::as_bytes(std::span{stream.data() + at, 1})) == 1);
    CHECK(edge.between_records() == (at + 1 == stream.size()));
  }
}

TEST_CASE("nothing is taken of nothing") {
  RecordEdge edge;
  CHECK(edge.advance({}) == 0);
  CHECK(edge.between_records());
}

TEST_CASE("a ClientHello in the form of SSL 2.0 is one record, too") {
  const std::string hello = std::string{"\x81\x02"} + std::string(0x102, 'h');  // its length without the two bytes
  for (const std::size_t piece : {1U, 4U, 5U, 1000U}) {
    CHECK(records_of(hello + record(3), piece) == std::vector<std::size_t>{0x104, 8});
  }
}

TEST_CASE("what is no record at all is followed without an end") {
  const std::string garbage(1000, '\xff');
  RecordEdge edge;
  std::size_t at = 0;
  while (at != garbage.size()) {
    const std::size_t taken = edge.advance(std::as_bytes(std::span{garbage}).subspan(at));
    REQUIRE(taken != 0);
    at += taken;
  }
}
