// SPDX-License-Identifier: MIT
// Handshakes that succeed. Those that fail are in connection_refusal_test.cpp.
#include <tlsmode/connection.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include <openssl/ssl.h>

#include "support/catch.hpp"
#include "support/thrown.hpp"
#include "support/tls_pair.hpp"

using namespace tlsmode;
using namespace tlsmode_tests;

namespace {

using Client12 = AtVersion<Client, Version::tls1_2>;
using Client13 = AtVersion<Client, Version::tls1_3>;

struct ChainClient : Client {
  static constexpr Verification verification = Verification::insecure_chain_without_name;
};
struct TrustingClient : Client {
  static constexpr Verification verification = Verification::insecure_anyone_can_be_my_peer;
};

}  // namespace

TEST_CASE("client and server speak TLS 1.3 if nobody says otherwise") {
  TlsPair<> pair;
  REQUIRE(shake_hands(pair).done());
  CHECK(pair.client.version() == "TLSv1.3");
  CHECK(pair.server.version() == "TLSv1.3");
  CHECK(pair.client.cipher().substr(0, 4) == "TLS_");
  CHECK(pair.client.cipher() == pair.server.cipher());
  CHECK(carry(pair.client, pair.server, "request") == "request");
  CHECK(carry(pair.server, pair.client, "response") == "response");
}

TEST_CASE("they speak TLS 1.2 if the client can no more") {
  TlsPair<Client12> pair;
  REQUIRE(shake_hands(pair).done());
  CHECK(pair.client.version() == "TLSv1.2");
  CHECK(pair.client.cipher().substr(0, 6) == "ECDHE-");
  CHECK(carry(pair.client, pair.server, "request") == "request");
  CHECK(carry(pair.server, pair.client, "response") == "response");
}

TEST_CASE("a handshake that is done answers done again") {
  TlsPair<> pair;
  REQUIRE(shake_hands(pair).done());
  CHECK(pair.client.handshake() == IoStatus::done);
  CHECK(pair.server.handshake() == IoStatus::done);
}

TEMPLATE_TEST_CASE("a handshake goes through a wire that takes and gives one byte at a time", "", Client12, Client13) {
  TlsPair<TestType> pair;
  pair.wire.to_client.most_sent = pair.wire.to_server.most_sent = 1;
  pair.wire.to_client.most_received = pair.wire.to_server.most_received = 1;
  REQUIRE(shake_hands(pair).done());
  CHECK(carry(pair.client, pair.server, "request") == "request");
}

namespace {

/// A transport that a caller may wait in: it counts the times that input was asked for before anything was said.
class Waiting : public WireEnd {
 public:
  Waiting(Wire& wire, int& asked_too_early)
      : WireEnd{WireEnd::client(wire)}, wire_{&wire}, too_early_{&asked_too_early} {}
  [[nodiscard]] ReadResult receive(std::span<std::byte> to) noexcept {
    *too_early_ += wire_->to_server.sent == 0 ? 1 : 0;
    return WireEnd::receive(to);
  }

 private:
  Wire* wire_;
  int* too_early_;
};

}  // namespace

TEST_CASE("a flight leaves before its answer is asked for") {
  Wire wire;
  int asked_too_early = 0;
  const Context<Client> context{trust_in(default_authority())};
  Connection client{context, Waiting{wire, asked_too_early}, PeerName{"server.example"}};
  CHECK(client.handshake() == IoStatus::want_read);
  CHECK(wire.to_client.receive_calls == 1);
  CHECK(asked_too_early == 0);
}

TEMPLATE_TEST_CASE("each flight of a handshake leaves in one send, also one of many kilobytes", "", Client12,
                   Client13) {
  Authority authority = default_authority().intermediate();
  for (int i = 0; i != 15; ++i) authority = authority.intermediate();
  const Issued leaf = authority.issue();
  TlsPair<TestType> pair{{.server_shows = &leaf}};
  REQUIRE(pair.client.handshake() == IoStatus::want_read);
  CHECK(pair.wire.to_server.send_calls == 1);
  REQUIRE(pair.server.handshake() == IoStatus::want_read);
  CHECK(pair.wire.to_client.bytes.size() > 6'000);
  CHECK(pair.wire.to_client.send_calls == 1);
  REQUIRE(shake_hands(pair).done());
  CHECK(pair.wire.to_server.send_calls == 2);
  CHECK(pair.wire.to_client.send_calls == 2);
}

TEMPLATE_TEST_CASE("a handshake waits for room, whatever room there is, and loses nothing", "", Client12, Client13) {
  for (const std::size_t room : {std::size_t{1}, std::size_t{7}, std::size_t{100}, std::size_t{1000}}) {
    TlsPair<TestType> pair;
    IoStatus client = IoStatus::want_write;
    IoStatus server = IoStatus::want_write;
    pair.wire.to_client.budget = pair.wire.to_server.budget = 0;
    bool has_waited = false;
    for (int round = 0; round != 20'000 && (client != IoStatus::done || server != IoStatus::done); ++round) {
      client = pair.client.handshake();
      server = pair.server.handshake();
      has_waited = has_waited || client == IoStatus::want_write;
      REQUIRE(client != IoStatus::failed);
      REQUIRE(server != IoStatus::failed);
      pair.wire.to_client.budget = pair.wire.to_server.budget = room;
    }
    CAPTURE(room);
    CHECK(has_waited);
    CHECK(client == IoStatus::done);
    CHECK(server == IoStatus::done);
    pair.wire.to_client.budget = pair.wire.to_server.budget = unlimited;
    CHECK(carry(pair.client, pair.server, "request") == "request");
  }
}

TEMPLATE_TEST_CASE("the first read or write does the handshake if nobody did", "", StrictWrites, PartialWrites,
                   MovingWrites, PartialMovingWrites, BufferedWrites) {
  TlsPair<WithRule<Client, TestType>, WithRule<Server, TestType>> pair;
  CHECK(carry(pair.client, pair.server, "request") == "request");
  CHECK(carry(pair.server, pair.client, "response") == "response");
}

TEST_CASE("a write that waits for the handshake is pending, with nothing committed") {
  TlsPair<> pair;
  const std::string text = "text";
  CHECK(pair.client.write(text) == WriteResult{IoStatus::want_read, 0});
  CHECK(pair.client.pending_write().length == 4);
  CHECK(pair.client.pending_write().committed == 0);
  CHECK(pair.client.cancel_write() == 0);
  REQUIRE(shake_hands(pair).done());
  CHECK(hear(pair.server).text.empty());
}

TEST_CASE("a client shows its certificate to a server that asks") {
  TlsPair<> pair{{.client_shows = &default_client(), .server_trusts = &default_authority()}};
  REQUIRE(shake_hands(pair).done());
  REQUIRE(pair.server.peer_certificate() != nullptr);
  CHECK(::X509_cmp(pair.server.peer_certificate(), default_client().certificate()) == 0);
}

TEST_CASE("a client keeps its certificate from a server that does not ask") {
  TlsPair<> pair{{.client_shows = &default_client()}};
  REQUIRE(shake_hands(pair).done());
  CHECK(pair.server.peer_certificate() == nullptr);
}

TEST_CASE("a chain with intermediates is verified up to the root") {
  const Issued leaf = default_authority().intermediate("upper").intermediate("lower").issue();
  TlsPair<> pair{{.server_shows = &leaf}};
  CHECK(shake_hands(pair).done());
}

TEST_CASE("an address is verified like a name") {
  for (const std::string_view address : {"127.0.0.1", "::1"}) {
    TlsPair<> pair{{.peer = address}};
    CHECK(shake_hands(pair).done());
  }
}

TEST_CASE("the server learns the name that the client asks for") {
  TlsPair<> pair;
  REQUIRE(shake_hands(pair).done());
  CHECK(std::string_view{::SSL_get_servername(pair.server.native_handle(), TLSEXT_NAMETYPE_host_name)} ==
        "server.example");
}

TEST_CASE("a client that verifies no name accepts any certificate of a trusted issuer") {
  const Issued other = default_authority().issue({.common_name = "other.example", .dns_names = {"other.example"}});
  TlsPair<ChainClient> pair{{.server_shows = &other}};
  CHECK(shake_hands(pair).done());

  const Issued stranger = Authority{"strange root"}.issue();
  TlsPair<ChainClient> refused{{.server_shows = &stranger}};
  CHECK(shake_hands(refused).client == IoStatus::failed);
}

TEST_CASE("a client that verifies nothing accepts a stranger") {
  const Issued stranger = Authority{"strange root"}.issue({.not_before = -7200, .not_after = -3600});
  TlsPair<TrustingClient> pair{{.server_shows = &stranger}};
  CHECK(shake_hands(pair).done());
}

TEST_CASE("the server picks its first protocol that the client offers") {
  TlsPair<> pair;
  pair.client_context.set_alpn({"http/1.1", "h2"});
  pair.server_context.set_alpn({"h3", "h2", "http/1.1"});
  Connection client{pair.client_context, WireEnd::client(pair.wire), PeerName{"server.example"}};
  Connection server{pair.server_context, WireEnd::server(pair.wire)};
  REQUIRE(shake_hands(client, server).done());
  CHECK(client.alpn() == "h2");
  CHECK(server.alpn() == "h2");
}

TEST_CASE("without protocols on both sides none is chosen") {
  TlsPair<> pair;
  pair.client_context.set_alpn({"h2"});
  Connection client{pair.client_context, WireEnd::client(pair.wire), PeerName{"server.example"}};
  Connection server{pair.server_context, WireEnd::server(pair.wire)};
  REQUIRE(shake_hands(client, server).done());
  CHECK(client.alpn().empty());
  CHECK(server.alpn().empty());
}

TEST_CASE("protocols that are set again replace the old ones") {
  TlsPair<> pair;
  pair.client_context.set_alpn({"new"});
  pair.server_context.set_alpn({"old"});
  pair.server_context.set_alpn({"new"});
  Connection client{pair.client_context, WireEnd::client(pair.wire), PeerName{"server.example"}};
  Connection server{pair.server_context, WireEnd::server(pair.wire)};
  REQUIRE(shake_hands(client, server).done());
  CHECK(server.alpn() == "new");
}

TEST_CASE("keys are updated in TLS 1.3, by either side, and asked of the peer") {
  TlsPair<> pair;
  REQUIRE(shake_hands(pair).done());
  CHECK(pair.client.update_keys() == IoStatus::done);
  CHECK(carry(pair.client, pair.server, "request") == "request");
  CHECK(pair.server.update_keys(true) == IoStatus::done);
  CHECK(carry(pair.server, pair.client, "response") == "response");
  CHECK(carry(pair.client, pair.server, "again") == "again");
}

TEST_CASE("what OpenSSL says by itself after the handshake leaves with the read that makes it say so") {
  TlsPair<Client12> pair;
  REQUIRE(shake_hands(pair).done());
  ::SSL_set_options(pair.client.native_handle(), SSL_OP_NO_RENEGOTIATION);
  REQUIRE(::SSL_renegotiate(pair.server.native_handle()) == 1);
  REQUIRE(pair.server.handshake() == IoStatus::done);  // asks for a renegotiation
  REQUIRE(pair.server.write(std::string_view{"data"}).status == IoStatus::done);
  const std::size_t before = pair.wire.to_server.sent;
  char to[4];
  REQUIRE(pair.client.read(to) == ReadResult{IoStatus::done, 4});
  CHECK(pair.wire.to_server.sent > before);  // the alert that refuses it
  CHECK_FALSE(pair.client.wants_write());
}

TEST_CASE("keys cannot be updated in TLS 1.2, and the connection goes on") {
  TlsPair<Client12> pair;
  REQUIRE(shake_hands(pair).done());
  CHECK(pair.client.update_keys() == IoStatus::failed);
  CHECK(pair.client.error().kind() == ErrorKind::misuse);
  CHECK(says(pair.client.error(), "update_keys: keys can be updated in TLS 1.3 only \"TLSv1.2\""));
  CHECK(carry(pair.client, pair.server, "request") == "request");
}
