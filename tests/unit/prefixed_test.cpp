// SPDX-License-Identifier: MIT
#include <tlsmode/prefixed.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <tlsmode/socket.hpp>

#include "support/catch.hpp"
#include "support/tls_pair.hpp"

using namespace tlsmode;
using namespace tlsmode_tests;

// What a transport has of its own, it keeps.
static_assert(TransportType<Prefixed<WireEnd>>);
static_assert(!tlsmode::detail::SendsPairs<Prefixed<WireEnd>> && tlsmode::detail::SendsPairs<Prefixed<Socket>>);
static_assert(!tlsmode::detail::ShortSendMeansFull<Prefixed<WireEnd>>);
static_assert(tlsmode::detail::ShortSendMeansFull<Prefixed<Socket>>);
static_assert(!tlsmode::detail::BuffersOutput<Prefixed<Socket>>);

TEST_CASE("what was read before comes first, and then what the transport receives") {
  Wire wire;
  Prefixed transport{WireEnd::client(wire), std::string_view{"before"}};
  std::byte room[4];
  CHECK(transport.receive(room) == ReadResult{IoStatus::done, 4});
  CHECK(transport.receive(room) == ReadResult{IoStatus::done, 2});
  CHECK(transport.receive(room) == ReadResult{IoStatus::want_read, 0});
  CHECK(transport.base().send(room) == WriteResult{IoStatus::done, 4});
  CHECK(transport.send(room) == WriteResult{IoStatus::done, 4});
  CHECK(wire.to_server.sent == 8);
}

TEST_CASE("a server whose first bytes were read to see that they are TLS goes on with them") {
  const Context<Client> client_context{trust_in(default_authority())};
  const Context<Server> server_context{identity_of(default_server())};
  Wire wire;
  Connection client{client_context, WireEnd::client(wire), PeerName{"server.example"}};
  REQUIRE(client.handshake() == IoStatus::want_read);

  const std::size_t size = GENERATE(std::size_t{1}, std::size_t{5}, std::size_t{100}, std::size_t{0});
  std::string first(size == 0 ? wire.to_server.bytes.size() : size, '\0');
  WireEnd end = WireEnd::server(wire);
  REQUIRE(end.receive(std::as_writable_bytes(std::span{first})) == ReadResult{IoStatus::done, first.size()});
  REQUIRE(first[0] == '\x16');

  Connection server{server_context, Prefixed{end, first}};
  CHECK(shake_hands(client, server).done());
  CHECK(carry(client, server, "hello") == "hello");
}

TEST_CASE("a receive waits for nothing as long as something is there that was read before") {
  struct Waiting : WireEnd {
    using WireEnd::WireEnd;
    [[nodiscard]] bool blocking() const noexcept { return true; }
  };
  Wire wire;
  Prefixed transport{Waiting{wire.to_server, wire.to_client}, std::string_view{"x"}};
  CHECK_FALSE(tlsmode::detail::receive_may_wait(transport));
  std::byte room[4];
  REQUIRE(transport.receive(room).bytes == 1);
  CHECK(tlsmode::detail::receive_may_wait(transport));
}
