// SPDX-License-Identifier: MIT
// Raw SSLs that a Connection takes over: new ones and connected ones, over their own BIOs and over a transport.
#include <tlsmode/connection.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include "support/catch.hpp"
#include "support/raw_pair.hpp"
#include "support/thrown.hpp"
#include "support/tls_pair.hpp"

using namespace tlsmode;
using namespace tlsmode_tests;

namespace {

struct ChainClient : Client {
  static constexpr Verification verification = Verification::insecure_chain_without_name;
};
struct TrustingClient : Client {
  static constexpr Verification verification = Verification::insecure_anyone_can_be_my_peer;
};

PeerName server_name() { return PeerName{"server.example"}; }

/// A raw pair whose sides are connections over the BIOs that they have.
struct AdoptedPair : RawPair {
  explicit AdoptedPair(const PairOptions& options = {}, bool connect_first = false)
      : RawPair{options},
        connected{connect_first && RawPair::handshake()},
        client{release_client().release(), server_name()},
        server{release_server().release()} {}
  bool connected;
  Connection<Client, NativeBio> client;
  Connection<Server, NativeBio> server;
};

::SSL* new_raw(const ::SSL_METHOD* method) {
  ::SSL_CTX* const context = ::SSL_CTX_new(method);
  ::SSL* const ssl = ::SSL_new(context);
  ::SSL_CTX_free(context);
  return ssl;
}

}  // namespace

TEST_CASE("an adopted SSL does its handshake over its own BIOs") {
  AdoptedPair pair{{.version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION)}};
  REQUIRE(shake_hands(pair).done());
  const std::string text = pattern(100'000);
  CHECK((carry(pair.client, pair.server, text) == text));
  CHECK((carry(pair.server, pair.client, text) == text));
  CHECK(pair.client.shutdown() == IoStatus::done);
  CHECK(hear(pair.server).end == IoStatus::closed);
}

TEST_CASE("an adopted SSL that is connected goes on where it was") {
  AdoptedPair pair{{.version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION)}, true};
  REQUIRE(pair.connected);
  CHECK_FALSE(pair.client.version().empty());
  CHECK(carry(pair.client, pair.server, "request") == "request");
  CHECK(carry(pair.server, pair.client, "response") == "response");
}

TEST_CASE("an adopted SSL gets its policy's modes, whatever it carried") {
  AdoptedPair pair{
      {.modes = SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_NO_AUTO_CHAIN,
       .cleared_modes = SSL_MODE_AUTO_RETRY},
      GENERATE(false, true)};
  CHECK(pair.client.modes() == (modes_of<Client> | Mode::no_auto_chain));
  CHECK(static_cast<std::uint32_t>(SSL_get_mode(pair.client.native_handle())) == pair.client.modes().bits());
}

TEST_CASE("an adopted SSL is driven over a transport of ours") {
  RawPair raw;
  Wire wire;
  Connection<Client, WireEnd> client{raw.release_client().release(), WireEnd::client(wire), server_name()};
  Connection<Server, WireEnd> server{raw.release_server().release(), WireEnd::server(wire)};
  REQUIRE(shake_hands(client, server).done());
  CHECK(carry(client, server, "request") == "request");
  CHECK(raw.to_server.write_calls == 0);
}

TEST_CASE("an SSL that is connected already changes its transport") {
  RawPair raw;
  REQUIRE(raw.handshake());
  Wire wire;
  Connection<Client, WireEnd> client{raw.release_client().release(), WireEnd::client(wire), server_name()};
  Connection<Server, WireEnd> server{raw.release_server().release(), WireEnd::server(wire)};
  const std::string text = pattern(100'000);
  CHECK((carry(client, server, text) == text));
  CHECK((carry(server, client, text) == text));
}

TEST_CASE("an adopted client verifies, whatever it was told before") {
  const Issued stranger = Authority{"strange root"}.issue();
  RawPair raw{{.configure = [&](::SSL_CTX* client, ::SSL_CTX* server) {
    ::SSL_CTX_set_verify(client, SSL_VERIFY_NONE, nullptr);
    ::SSL_CTX_use_cert_and_key(server, stranger.certificate(), stranger.key(), nullptr, 1);
  }}};
  Connection<Client, NativeBio> client{raw.release_client().release(), server_name()};
  Connection<Server, NativeBio> server{raw.release_server().release()};
  CHECK(shake_hands(client, server).client == IoStatus::failed);
  CHECK(client.error().kind() == ErrorKind::verification);
}

TEST_CASE("an adopted client accepts the peer that is named now, not the one named before") {
  RawPair raw;
  Connection<Client, NativeBio> client{raw.release_client().release(), PeerName{"other.example"}};
  Connection<Server, NativeBio> server{raw.release_server().release()};
  CHECK(shake_hands(client, server).client == IoStatus::failed);
  CHECK(client.error().verify_result() == X509_V_ERR_HOSTNAME_MISMATCH);
}

TEST_CASE("an SSL that is connected to another peer than the one named is refused") {
  RawPair raw;
  REQUIRE(raw.handshake());
  const Error error = thrown_by(
      [&] { return Connection<Client, NativeBio>{raw.release_client().release(), PeerName{"other.example"}}; });
  CHECK(error.kind() == ErrorKind::verification);
  CHECK(error.operation() == Operation::make_connection);
  CHECK(error.verify_result() == X509_V_ERR_HOSTNAME_MISMATCH);
  CHECK(says(error, "connected to a peer that this policy does not accept \"other.example\""));
}

TEST_CASE("an SSL that was connected without verification is refused by a policy that verifies") {
  const Issued stranger = Authority{"strange root"}.issue();
  const auto strange = [&](::SSL_CTX* client, ::SSL_CTX* server) {
    ::SSL_CTX_set_verify(client, SSL_VERIFY_NONE, nullptr);
    ::SSL_CTX_use_cert_and_key(server, stranger.certificate(), stranger.key(), nullptr, 1);
  };
  RawPair raw{{.configure = strange}};
  REQUIRE(raw.handshake());
  CHECK(thrown_by([&] { return Connection<ChainClient, NativeBio>{raw.release_client().release()}; }).kind() ==
        ErrorKind::verification);

  RawPair other{{.configure = strange}};
  REQUIRE(other.handshake());
  CHECK(Connection<TrustingClient, NativeBio>{other.release_client().release()}.version() == "TLSv1.3");
}

TEST_CASE("an SSL on the other side of the handshake is refused") {
  RawPair raw;
  REQUIRE(raw.handshake());
  const Error error = thrown_by([&] { return Connection<Server, NativeBio>{raw.release_client().release()}; });
  CHECK(error.kind() == ErrorKind::input);
  CHECK(says(error, "the adopted SSL is on the other side of the handshake than the policy"));
  CHECK(says(thrown_by([&] { return Connection<Client, NativeBio>{raw.release_server().release(), server_name()}; }),
             "on the other side"));
}

TEST_CASE("an adopted SSL that is null is refused") {
  ::SSL* const null = nullptr;
  const std::string_view text = "the adopted SSL is null";
  CHECK(says(thrown_by([&] { return Connection<Server, NativeBio>{null}; }), text));
  CHECK(says(thrown_by([&] { return Connection<Client, NativeBio>{null, server_name()}; }), text));
  CHECK(says(thrown_by([&] { return Connection<Server, MemoryTransport>{null, MemoryTransport{}}; }), text));
  CHECK(says(thrown_by([&] { return Connection<Client, MemoryTransport>{null, MemoryTransport{}, server_name()}; }),
             text));
}

TEST_CASE("an adopted SSL without BIOs is refused, and freed") {
  CHECK(says(thrown_by([] { return Connection<Server, NativeBio>{new_raw(::TLS_server_method())}; }), "one is null"));
}

TEST_CASE("an adopted SSL that is broken refuses every call") {
  RawPair raw;
  raw.to_client.ended = true;
  CHECK(call(raw.client(), [&] { return ::SSL_do_handshake(raw.client()); }).result <= 0);
  Connection<Client, NativeBio> client{raw.release_client().release(), server_name()};
  const IoStatus status = client.handshake();
  CHECK((status == IoStatus::failed || status == IoStatus::truncated));
  CHECK(::ERR_peek_error() == 0);
}

TEST_CASE("over its own BIOs an adopted connection tells truncated from closed") {
  AdoptedPair pair{{.options = GENERATE(std::uint64_t{0}, std::uint64_t{SSL_OP_IGNORE_UNEXPECTED_EOF})}, true};
  REQUIRE(pair.server.write(std::string_view{"last"}).status == IoStatus::done);
  SECTION("a peer that vanishes") {
    pair.to_client.ended = true;
    const Heard heard = hear(pair.client);
    CHECK(heard.text == "last");
    CHECK(heard.end == IoStatus::truncated);
  }
  SECTION("a peer that says close_notify") {
    REQUIRE(pair.server.shutdown() == IoStatus::done);
    pair.to_client.ended = true;
    const Heard heard = hear(pair.client);
    CHECK(heard.text == "last");
    CHECK(heard.end == IoStatus::closed);
  }
}

TEST_CASE("over its own BIOs an adopted connection is moved with a write pending") {
  AdoptedPair pair{{}, true};
  const std::string text = pattern(40'000);
  pair.to_server.budget = 17'000;
  REQUIRE(pair.client.write(text).status == IoStatus::want_write);
  auto moved = std::move(pair.client);
  pair.to_server.budget = unlimited;
  CHECK(moved.retry() == WriteResult{IoStatus::done, text.size()});
  CHECK((hear(pair.server).text == text));
}
