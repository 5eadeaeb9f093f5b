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

TEMPLATE_TEST_CASE("a peer that ends its side of the stream can still be answered", "", Client12, Client13) {
  const bool ignores = GENERATE(false, true);
  Connected<TestType> pair{ignores};
  REQUIRE(pair.client.write(std::string_view{"request"}).status == IoStatus::done);
  pair.wire.to_server.ended = true;  // FIN, and no close_notify
  const Heard heard = hear(pair.server);
  CHECK(heard.text == "request");
  CHECK(heard.end == IoStatus::truncated);
  const std::string answer = pattern(100'000);
  CHECK((carry(pair.server, pair.client, answer) == answer));
  CHECK(hear(pair.server).end == IoStatus::truncated);
  CHECK(pair.server.shutdown() == IoStatus::done);
  CHECK(hear(pair.client).end == IoStatus::closed);
}

TEMPLATE_TEST_CASE("a peer that says close_notify during the handshake has ended it, for every call, and in words", "",
                   Client12, Client13) {
  TlsPair<TestType> pair;
  REQUIRE(pair.client.handshake() == IoStatus::want_read);
  for (const unsigned byte : {21U, 3U, 3U, 0U, 2U, 1U, 0U}) {  // an alert: close_notify
    pair.wire.to_client.bytes.push_back(std::byte(byte));
  }
  const std::string text = "text";
  char room[8];
  const std::size_t calls = pair.wire.to_client.receive_calls;
  CHECK(pair.client.handshake() == IoStatus::closed);
  CHECK(says(pair.client.error(), "handshake: the peer said close_notify during the handshake"));
  const std::size_t once = pair.wire.to_client.receive_calls;
  CHECK(once > calls);
  CHECK(pair.client.handshake() == IoStatus::closed);
  CHECK(pair.client.write(text) == WriteResult{IoStatus::closed, 0});
  CHECK(pair.client.read(std::span{room}) == ReadResult{IoStatus::closed, 0});
  CHECK(pair.client.flush() == IoStatus::closed);
  CHECK(pair.client.update_keys() == IoStatus::closed);
  CHECK(pair.client.shutdown() == IoStatus::closed);
  CHECK_FALSE(pair.client.wants_read());
  CHECK(pair.wire.to_client.receive_calls == once);
  CHECK(pair.client.pending_write().length == 0);
  CHECK(says(pair.client.error(), "the peer said close_notify during the handshake"));
}

TEST_CASE("a write that waits for a handshake that the peer ends answers the end") {
  TlsPair<> pair;
  const std::string text = "text";
  REQUIRE(pair.client.write(text).status == IoStatus::want_read);
  pair.wire.to_client.ended = true;
  CHECK(pair.client.retry() == WriteResult{IoStatus::truncated, 0});
  CHECK(says(pair.client.error(), "retry: the peer ended the stream during the handshake"));
  CHECK(pair.client.retry() == WriteResult{IoStatus::truncated, 0});
  CHECK(pair.client.pending_write().length == text.size());
  CHECK(pair.client.cancel_write() == 0);
  CHECK(pair.client.write(text) == WriteResult{IoStatus::truncated, 0});
}

TEST_CASE("an alert that has come explains why nothing can be sent") {
  const bool after_data = GENERATE(false, true);
  TlsPair<Client13> pair{{.server_trusts = &default_authority()}};  // the client shows no certificate
  REQUIRE(pair.client.handshake() == IoStatus::want_read);
  REQUIRE(pair.server.handshake() == IoStatus::want_read);
  REQUIRE(pair.client.handshake() == IoStatus::done);  // it cannot know yet
  if (!after_data) REQUIRE(pair.server.handshake() == IoStatus::failed);
  pair.wire.to_server.send_error = EPIPE;
  const std::string text = "text";
  CHECK(pair.client.write(text) == WriteResult{IoStatus::failed, 0});
  if (after_data) {
    CHECK(pair.client.error().system_error() == EPIPE);
  } else {
    CHECK(pair.client.error().alert() == SSL_AD_CERTIFICATE_REQUIRED);
    CHECK(says(pair.client.error(), "write: the peer sent the alert certificate required"));
    CHECK(pair.client.write(text) == WriteResult{IoStatus::failed, 0});
    CHECK(pair.client.error().alert() == SSL_AD_CERTIFICATE_REQUIRED);
  }
  CHECK(::ERR_peek_error() == 0);
}
