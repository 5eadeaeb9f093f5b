// SPDX-License-Identifier: MIT
// How a connection ends: closed is not truncated, and one side may end before the other.
#include <tlsmode/connection.hpp>

#include <cerrno>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <openssl/ssl.h>

#include "support/catch.hpp"
#include "support/thrown.hpp"
#include "support/tls_pair.hpp"

using namespace tlsmode;
using namespace tlsmode_tests;

namespace {

using Client12 = AtVersion<Client, Version::tls1_2>;
using Client13 = AtVersion<Client, Version::tls1_3>;

/// A connected pair whose sides may have been told to ignore an unexpected end of the stream.
template <typename ClientSide>
struct Connected : TlsPair<ClientSide> {
  explicit Connected(bool ignore_unexpected_end)
      : TlsPair<ClientSide>{{.configure = [=](::SSL_CTX* clients, ::SSL_CTX* servers) {
          if (!ignore_unexpected_end) return;
          SSL_CTX_set_options(clients, SSL_OP_IGNORE_UNEXPECTED_EOF);
          SSL_CTX_set_options(servers, SSL_OP_IGNORE_UNEXPECTED_EOF);
        }}} {
    REQUIRE(shake_hands(*this).done());
    REQUIRE(hear(this->client).end == IoStatus::want_read);
  }
};

}  // namespace

TEMPLATE_TEST_CASE("a peer that says close_notify has closed, and says so at each read", "", Client12, Client13) {
  const bool ignores = GENERATE(false, true);
  Connected<TestType> pair{ignores};
  REQUIRE(pair.server.write(std::string_view{"last"}).status == IoStatus::done);
  REQUIRE(pair.server.shutdown() == IoStatus::done);
  pair.wire.to_client.ended = true;
  const Heard heard = hear(pair.client);
  CHECK(heard.text == "last");
  CHECK(heard.end == IoStatus::closed);
  CHECK(hear(pair.client).end == IoStatus::closed);
}

TEMPLATE_TEST_CASE("a peer that vanishes is truncated, and stays so at each read", "", Client12, Client13) {
  const bool ignores = GENERATE(false, true);
  Connected<TestType> pair{ignores};
  REQUIRE(pair.server.write(std::string_view{"last"}).status == IoStatus::done);
  pair.wire.to_client.ended = true;
  const Heard heard = hear(pair.client);
  CHECK(heard.text == "last");
  CHECK(heard.end == IoStatus::truncated);
  CHECK(hear(pair.client).end == IoStatus::truncated);
  CHECK(says(pair.client.error(), "read: the peer ended the stream without close_notify: data may be missing"));
  CHECK(::ERR_peek_error() == 0);
}

TEMPLATE_TEST_CASE("a stream that ends inside a record is truncated", "", Client12, Client13) {
  const bool ignores = GENERATE(false, true);
  Connected<TestType> pair{ignores};
  REQUIRE(pair.server.write(std::string_view{"cut in two"}).status == IoStatus::done);
  pair.wire.to_client.bytes.resize(GENERATE(std::size_t{1}, std::size_t{5}, std::size_t{12}));
  pair.wire.to_client.ended = true;
  const Heard heard = hear(pair.client);
  CHECK(heard.text.empty());
  CHECK(heard.end == IoStatus::truncated);
}

TEST_CASE("a peer that resets the connection is a failure of the system, not an end") {
  Connected<Client> pair{false};
  pair.wire.to_client.receive_error = ECONNRESET;
  CHECK(hear(pair.client).end == IoStatus::failed);
  CHECK(pair.client.error().system_error() == ECONNRESET);
  CHECK(says(pair.client.error(), "read: the transport failed; Connection reset by peer"));
}

TEMPLATE_TEST_CASE("after the peer's close_notify this side can still write", "", Client12, Client13) {
  Connected<TestType> pair{false};
  REQUIRE(pair.client.shutdown() == IoStatus::done);
  REQUIRE(hear(pair.server).end == IoStatus::closed);
  const std::string text = pattern(100'000);
  CHECK((carry(pair.server, pair.client, text) == text));
  CHECK(pair.server.shutdown() == IoStatus::done);
  CHECK(hear(pair.client).end == IoStatus::closed);
}

TEST_CASE("after its own close_notify a side can read but not write") {
  Connected<Client> pair{false};
  REQUIRE(pair.client.shutdown() == IoStatus::done);
  const std::string text = "too late";
  CHECK(pair.client.write(text) == WriteResult{IoStatus::failed, 0});
  CHECK(says(pair.client.error(), "write: this side has said close_notify"));
  CHECK(pair.client.error().kind() == ErrorKind::misuse);
  CHECK(carry(pair.server, pair.client, "still heard") == "still heard");
}

TEST_CASE("shutting down again says nothing twice") {
  Connected<Client> pair{false};
  REQUIRE(pair.client.shutdown() == IoStatus::done);
  const std::size_t sent = pair.wire.to_server.sent;
  CHECK(pair.client.shutdown() == IoStatus::done);
  REQUIRE(hear(pair.server).end == IoStatus::closed);
  REQUIRE(pair.server.shutdown() == IoStatus::done);
  REQUIRE(hear(pair.client).end == IoStatus::closed);
  CHECK(pair.client.shutdown() == IoStatus::done);
  CHECK(pair.wire.to_server.sent == sent);
}

TEST_CASE("shutting down waits for room, and goes on from there") {
  Connected<Client> pair{false};
  pair.wire.to_server.budget = 3;
  CHECK(pair.client.shutdown() == IoStatus::want_write);
  CHECK(pair.client.wants_write());
  pair.wire.to_server.budget = unlimited;
  CHECK(pair.client.shutdown() == IoStatus::done);
  CHECK_FALSE(pair.client.wants_write());
  CHECK(hear(pair.server).end == IoStatus::closed);
}

TEMPLATE_TEST_CASE("shutting down sends what is held first, and then says close_notify", "", PartialWrites,
                   PartialMovingWrites, BufferedWrites) {
  TlsPair<WithRule<Client, TestType>> pair;
  REQUIRE(shake_hands(pair).done());
  const std::string text = pattern(10'000);
  pair.wire.to_server.budget = 100;
  static_cast<void>(pair.client.write(text));
  IoStatus status = pair.client.shutdown();
  std::string arrived;
  for (int round = 0; round != 500 && status == IoStatus::want_write; ++round) {
    arrived += hear(pair.server).text;
    pair.wire.to_server.budget = 100;
    status = pair.client.shutdown();
  }
  CHECK(status == IoStatus::done);
  const Heard heard = hear(pair.server);
  CHECK((arrived + heard.text == text));
  CHECK(heard.end == IoStatus::closed);
}

TEST_CASE("shutting down before the handshake does the handshake first") {
  TlsPair<> pair;
  CHECK(pair.client.shutdown() == IoStatus::want_read);
  CHECK(pair.server.handshake() == IoStatus::want_read);
  CHECK(pair.client.shutdown() == IoStatus::done);
  CHECK(hear(pair.server).end == IoStatus::closed);
}

TEST_CASE("a shutdown to a peer that is gone fails with the reason") {
  Connected<Client> pair{false};
  pair.wire.to_server.send_error = EPIPE;
  CHECK(pair.client.shutdown() == IoStatus::failed);
  CHECK(pair.client.error().kind() == ErrorKind::system);
  CHECK(pair.client.error().system_error() == EPIPE);
  CHECK(says(pair.client.error(), "shutdown: the transport failed; Broken pipe"));
}

TEST_CASE("what came before a failing write can still be read") {
  Connected<Client> pair{false};
  REQUIRE(pair.server.write(std::string_view{"farewell"}).status == IoStatus::done);
  pair.wire.to_server.send_error = EPIPE;
  const std::string text = "into the void";
  CHECK(pair.client.write(text).status == IoStatus::failed);
  CHECK(pair.client.error().system_error() == EPIPE);
  CHECK(hear(pair.client).text == "farewell");
}

TEST_CASE("destroying a connection sends nothing") {
  Connected<Client> pair{false};
  const std::size_t sent = pair.wire.to_server.sent;
  {
    const auto gone = std::move(pair.client);
  }
  CHECK(pair.wire.to_server.sent == sent);
}
