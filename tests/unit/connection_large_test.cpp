// SPDX-License-Identifier: MIT
// Spans of every size: no byte to read or write, and more bytes than an int can count.
#include <tlsmode/connection.hpp>

#include <cstddef>
#include <new>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <sys/mman.h>

#include "support/catch.hpp"
#include "support/raw_pair.hpp"
#include "support/tls_pair.hpp"

using namespace tlsmode;
using namespace tlsmode_tests;

namespace {

/// 3 GB of zeros that take no memory as long as they are only read.
class Zeros {
 public:
  Zeros() : start_{::mmap(nullptr, size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)} {
    if (start_ == MAP_FAILED) throw std::bad_alloc{};
  }
  ~Zeros() { ::munmap(start_, size); }
  Zeros(const Zeros&) = delete;
  Zeros& operator=(const Zeros&) = delete;

  [[nodiscard]] std::span<const std::byte> bytes() const noexcept {
    return {static_cast<const std::byte*>(start_), size};
  }

 private:
  static constexpr std::size_t size = std::size_t{3} << 30;
  void* start_;
};

constexpr std::size_t some_room = 200'000;
constexpr std::size_t at_most = some_room + 3 * Client::batch_size;  // what is committed and has no room yet is bounded

}  // namespace

TEMPLATE_TEST_CASE("empty spans are read and written, and change nothing", "", StrictWrites, PartialWrites,
                   MovingWrites, PartialMovingWrites, BufferedWrites) {
  TlsPair<WithRule<Client, TestType>> pair;
  CHECK(pair.client.write(std::string_view{}) == WriteResult{IoStatus::done, 0});  // before the handshake, too
  CHECK(pair.client.read(std::span<std::byte>{}) == ReadResult{IoStatus::done, 0});
  REQUIRE(shake_hands(pair).done());
  const std::size_t sent = pair.wire.to_server.sent;
  std::vector<std::byte> nothing;
  CHECK(pair.client.write(nothing) == WriteResult{IoStatus::done, 0});
  CHECK(pair.client.write(std::string_view{}) == WriteResult{IoStatus::done, 0});
  CHECK(pair.client.read(nothing) == ReadResult{IoStatus::done, 0});
  CHECK(pair.client.flush() == IoStatus::done);
  CHECK(pair.wire.to_server.sent == sent);
  CHECK(carry(pair.client, pair.server, "text") == "text");
}

TEST_CASE("an empty read takes no byte of what has come") {
  TlsPair<> pair;
  REQUIRE(shake_hands(pair).done());
  REQUIRE(hear(pair.client).end == IoStatus::want_read);
  CHECK(pair.client.read(std::span<std::byte>{}) == ReadResult{IoStatus::done, 0});  // nor waits for one
  REQUIRE(pair.server.write(std::string_view{"text"}).status == IoStatus::done);
  CHECK(pair.client.read(std::span<std::byte>{}) == ReadResult{IoStatus::done, 0});
  CHECK(hear(pair.client).text == "text");
}

TEMPLATE_TEST_CASE("of 3 GB a limited transport takes a part, and the rest can be given up", "", StrictWrites,
                   PartialWrites, MovingWrites, PartialMovingWrites) {
  const Zeros zeros;
  TlsPair<WithRule<Client, TestType>> pair;
  REQUIRE(shake_hands(pair).done());
  pair.wire.to_server.budget = some_room;
  std::size_t told = 0;
  WriteResult result = pair.client.write(zeros.bytes());
  while (result.status == IoStatus::done) {  // partial rules report what has left
    told += result.bytes;
    REQUIRE(told <= at_most);
    result = pair.client.write(zeros.bytes());
  }
  REQUIRE(result == WriteResult{IoStatus::want_write, 0});
  CHECK(pair.client.pending_write().length == zeros.bytes().size());

  const std::size_t committed = told + pair.client.cancel_write();
  CHECK(committed <= at_most);
  pair.wire.to_server.budget = unlimited;
  CHECK(pair.client.flush() == IoStatus::done);
  CHECK(hear(pair.server).text == std::string(committed, '\0'));
}

TEST_CASE("of 3 GB a buffered connection takes a part, and holds a bounded part of that") {
  const Zeros zeros;
  TlsPair<WithRule<Client, BufferedWrites>> pair;
  REQUIRE(shake_hands(pair).done());
  pair.wire.to_server.budget = some_room;
  std::size_t accepted = 0;
  WriteResult result{};
  while ((result = pair.client.write(zeros.bytes())).status == IoStatus::done) {
    REQUIRE(result.bytes != 0);
    accepted += result.bytes;
  }
  CHECK(result == WriteResult{IoStatus::want_write, 0});
  CHECK(accepted <= at_most);
  pair.wire.to_server.budget = unlimited;
  CHECK(pair.client.flush() == IoStatus::done);
  CHECK(hear(pair.server).text == std::string(accepted, '\0'));
}

TEST_CASE("of 3 GB OpenSSL's own BIO takes a part, and the rest can be given up") {
  const Zeros zeros;
  RawPair raw;
  REQUIRE(raw.handshake());
  using MovingClient = WithRule<Client, MovingWrites>;
  Connection<MovingClient, NativeBio> client{raw.release_client().release(), PeerName{"server.example"}};
  Connection<Server, NativeBio> server{raw.release_server().release()};
  raw.to_server.budget = some_room;
  REQUIRE(client.write(zeros.bytes()) == WriteResult{IoStatus::want_write, 0});
  CHECK(client.retry(zeros.bytes()) == WriteResult{IoStatus::want_write, 0});
  CHECK(client.pending_write().length == zeros.bytes().size());
  const std::size_t committed = client.cancel_write();
  CHECK(committed <= at_most);
  raw.to_server.budget = unlimited;
  CHECK(client.flush() == IoStatus::done);
  CHECK(hear(server).text == std::string(committed, '\0'));
}

TEST_CASE("a span of 3 GB to read into is filled with what has come, at most a record") {
  TlsPair<> pair;
  REQUIRE(shake_hands(pair).done());
  void* const start =
      ::mmap(nullptr, std::size_t{3} << 30, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  REQUIRE(start != MAP_FAILED);
  REQUIRE(pair.server.write(std::string_view{"text"}).status == IoStatus::done);
  const std::span<std::byte> room{static_cast<std::byte*>(start), std::size_t{3} << 30};
  CHECK(pair.client.read(room) == ReadResult{IoStatus::done, 4});
  CHECK(room[3] == std::byte{'t'});
  ::munmap(start, room.size());
}
