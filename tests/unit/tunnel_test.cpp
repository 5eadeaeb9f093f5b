// SPDX-License-Identifier: MIT
#include <tlsmode/tunnel.hpp>

#include <cerrno>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <tlsmode/prefixed.hpp>
#include <tlsmode/wait.hpp>

#include "support/catch.hpp"
#include "support/tls_pair.hpp"

using namespace tlsmode;
using namespace tlsmode_tests;

namespace {

using OuterClient = WithRule<Client, BufferedWrites>;
using OuterServer = WithRule<Server, BufferedWrites>;
using Carried = TlsPair<OuterClient, OuterServer>;

static_assert(tlsmode::detail::BuffersOutput<Tunnel<OuterClient, WireEnd>>);
static_assert(tlsmode::detail::BuffersOutput<Prefixed<Tunnel<OuterClient, WireEnd>>>);

/// TLS inside TLS, both ends in one thread.
template <typename Rule>
struct Nested {
  using Inside = WithRule<Client, Rule>;
  Nested()
      : client_context{trust_in(default_authority())},
        server_context{identity_of(default_server())},
        client{client_context, Tunnel{std::move(outer.client)}, PeerName{"server.example"}},
        server{server_context, Tunnel{std::move(outer.server)}} {}

  Carried outer;
  Context<Inside> client_context;
  Context<Server> server_context;
  Connection<Inside, Tunnel<OuterClient, WireEnd>> client;
  Connection<Server, Tunnel<OuterServer, WireEnd>> server;
};

}  // namespace

TEMPLATE_TEST_CASE("a connection inside another one carries everything, by every rule, and nothing sits between them",
                   "", StrictWrites, PartialWrites, MovingWrites, PartialMovingWrites, BufferedWrites) {
  Nested<TestType> nested;
  REQUIRE(shake_hands(nested.client, nested.server).done());
  CHECK(carry(nested.client, nested.server, "short") == "short");  // flushed to the end: no byte waits outside
  CHECK_FALSE(nested.client.wants_write());
  CHECK(carry(nested.server, nested.client, "answer") == "answer");
  const std::string text = pattern(200'000);
  nested.outer.wire.to_server.most_sent = 1000;
  CHECK(carry(nested.client, nested.server, text) == text);
  REQUIRE(nested.client.shutdown() == IoStatus::done);
  CHECK(hear(nested.server).end == IoStatus::closed);
}

TEMPLATE_TEST_CASE("what waits in the connection that carries is waited for by the one inside", "", StrictWrites,
                   PartialWrites, MovingWrites, PartialMovingWrites, BufferedWrites) {
  Nested<TestType> nested;
  REQUIRE(shake_hands(nested.client, nested.server).done());
  REQUIRE(hear(nested.client).end == IoStatus::want_read);
  nested.outer.wire.to_server.budget = 10;
  const std::string_view text = "held up";
  WriteAllOperation write{nested.client, text};
  CHECK(write.advance() == IoStatus::want_write);
  CHECK(nested.client.wants_write());
  char byte = 0;
  CHECK(nested.client.read(std::span{&byte, 1}).status != IoStatus::done);  // sends what waits, as far as it can
  CHECK(nested.client.wants_write());
  nested.outer.wire.to_server.budget = unlimited;
  CHECK(write.advance() == IoStatus::done);
  CHECK_FALSE(nested.client.wants_write());
  CHECK(hear(nested.server).text == text);
}

TEST_CASE("the end and the failure of the connection that carries are those of the stream inside") {
  Nested<StrictWrites> nested;
  REQUIRE(shake_hands(nested.client, nested.server).done());
  SECTION("closed before the one inside") {
    REQUIRE(nested.server.transport().connection().shutdown() == IoStatus::done);
    CHECK(hear(nested.client).end == IoStatus::truncated);
  }
  SECTION("truncated") {
    nested.outer.wire.to_client.ended = true;
    CHECK(hear(nested.client).end == IoStatus::truncated);
  }
  SECTION("failed") {
    nested.outer.wire.to_server.send_error = ECONNRESET;
    CHECK(nested.client.write(std::string_view{"x"}).status == IoStatus::failed);
    CHECK(nested.client.error().system_error() == ECONNRESET);
    CHECK(nested.client.flush() == IoStatus::failed);
  }
  SECTION("closed by both, in order") {
    REQUIRE(nested.server.shutdown() == IoStatus::done);
    REQUIRE(nested.server.transport().connection().shutdown() == IoStatus::done);
    CHECK(hear(nested.client).end == IoStatus::closed);
    CHECK(hear(nested.client.transport().connection()).end == IoStatus::closed);
  }
}
