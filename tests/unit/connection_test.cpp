// SPDX-License-Identifier: MIT
// A connection's facts, its modes, and what it is once it has been moved from. More in connection_*_test.cpp.
#include <tlsmode/connection.hpp>

#include <optional>
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

struct SavingClient : Client {
  using Writes = PartialMovingWrites;
  static constexpr ModeSet modes = Mode::release_buffers;
};

struct Impatient : Client {
  static constexpr ModeSet modes = {};
};

ModeSet raw_modes(::SSL* ssl) { return ModeSet::from_bits(static_cast<std::uint32_t>(SSL_get_mode(ssl))); }

}  // namespace

TEMPLATE_TEST_CASE("a connection has the modes of its policy, on OpenSSL's own word", "", StrictWrites, PartialWrites,
                   MovingWrites, PartialMovingWrites, BufferedWrites) {
  TlsPair<WithRule<Client, TestType>> pair;
  CHECK(pair.client.modes() == modes_of<WithRule<Client, TestType>>);
  CHECK(pair.client.modes() == raw_modes(pair.client.native_handle()));
  REQUIRE(shake_hands(pair).done());
  CHECK(pair.client.modes() == modes_of<WithRule<Client, TestType>>);
}

TEST_CASE("modes that the policy names are there, and auto_retry is not if it names others") {
  TlsPair<SavingClient> pair;
  CHECK(pair.client.modes() == (Mode::release_buffers | Mode::enable_partial_write | Mode::accept_moving_write_buffer));
}

TEST_CASE("a connection has its policy's contract modes even if its context was tampered with") {
  TlsPair<> pair{{.configure = [](::SSL_CTX* client, ::SSL_CTX*) {
    SSL_CTX_clear_mode(client, SSL_MODE_AUTO_RETRY);
    SSL_CTX_set_mode(client, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  }}};
  CHECK(pair.client.modes() == modes_of<Client>);
}

TEST_CASE("a connection keeps the modes its context had when it was made") {
  TlsPair<> pair;
  CHECK(pair.client_context.add_modes(Mode::release_buffers).contains(Mode::release_buffers));
  CHECK_FALSE(pair.client.modes().contains(Mode::release_buffers));
  const Connection later{pair.client_context, WireEnd::client(pair.wire), PeerName{"server.example"}};
  CHECK(later.modes().contains(Mode::release_buffers));
}

TEST_CASE("modes are added before the handshake, and not once it has begun") {
  TlsPair<> pair;
  CHECK(pair.client.add_modes(Mode::release_buffers) == (Mode::auto_retry | Mode::release_buffers));
  CHECK(raw_modes(pair.client.native_handle()).contains(Mode::release_buffers));

  CHECK(pair.client.handshake() == IoStatus::want_read);
  CHECK(pair.client.add_modes(Mode::no_auto_chain) == (Mode::auto_retry | Mode::release_buffers));
  REQUIRE(shake_hands(pair).done());
  CHECK(pair.client.add_modes(Mode::no_auto_chain) == (Mode::auto_retry | Mode::release_buffers));
  CHECK(pair.client.modes() == raw_modes(pair.client.native_handle()));
}

TEST_CASE("before the handshake a connection knows nothing of its peer") {
  const TlsPair<> pair;
  CHECK(pair.client.version().empty());
  CHECK(pair.client.cipher().empty());
  CHECK(pair.client.alpn().empty());
  CHECK(pair.client.peer_certificate() == nullptr);
  CHECK(pair.client.error().kind() == ErrorKind::none);
  CHECK_FALSE(pair.client.has_input());
  CHECK_FALSE(pair.client.wants_write());
  CHECK(pair.client.pending_write().length == 0);
}

TEST_CASE("the peer's certificate is the one it showed") {
  TlsPair<> pair;
  REQUIRE(shake_hands(pair).done());
  CHECK(::X509_cmp(pair.client.peer_certificate(), default_server().certificate()) == 0);
  CHECK(pair.server.peer_certificate() == nullptr);
}

TEST_CASE("a connection that was moved goes on where it was") {
  TlsPair<> pair;
  REQUIRE(pair.client.handshake() == IoStatus::want_read);
  auto half_way = std::move(pair.client);
  REQUIRE(shake_hands(half_way, pair.server).done());
  auto moved = std::move(half_way);
  CHECK(carry(moved, pair.server, "text") == "text");
  CHECK(carry(pair.server, moved, "text") == "text");
}

TEST_CASE("without auto_retry, too, one read goes past tickets and new keys to the data") {
  TlsPair<Impatient> pair;
  REQUIRE(shake_hands(pair).done());  // the ticket is on its way
  REQUIRE(pair.server.update_keys() == IoStatus::done);
  REQUIRE(pair.server.write(std::string_view{"data"}).status == IoStatus::done);
  char to[10];
  CHECK(pair.client.read(to) == ReadResult{IoStatus::done, 4});
}

TEST_CASE("a connection that was assigned knows what it could not send") {
  TlsPair<> pair;
  REQUIRE(shake_hands(pair).done());
  Wire nowhere;
  Connection assigned{pair.client_context, WireEnd::client(nowhere), PeerName{"server.example"}};
  assigned = std::move(pair.client);
  pair.wire.to_server.budget = 0;
  const std::string_view text = "text";
  CHECK(assigned.write(text).status == IoStatus::want_write);
  pair.wire.to_server.budget = unlimited;
  CHECK(assigned.retry() == WriteResult{IoStatus::done, 4});
  CHECK(hear(pair.server).text == "text");
}

TEST_CASE("a connection is moved while a write is pending") {
  TlsPair<> pair;
  REQUIRE(shake_hands(pair).done());
  const std::string text = pattern(50'000);
  pair.wire.to_server.budget = 20'000;
  REQUIRE(pair.client.write(text).status == IoStatus::want_write);
  auto moved = std::move(pair.client);
  CHECK(moved.pending_write().length == text.size());
  CHECK(pair.client.pending_write().length == 0);
  pair.wire.to_server.budget = unlimited;
  CHECK(moved.retry() == WriteResult{IoStatus::done, text.size()});
  CHECK((hear(pair.server).text == text));
}

TEST_CASE("a connection that was moved from refuses every call and says why") {
  TlsPair<> pair;
  REQUIRE(shake_hands(pair).done());
  auto moved = std::move(pair.client);
  auto& from = pair.client;
  char room[10];
  const std::string text = "text";
  const auto said = [&] {
    const bool says_it = says(from.error(), "this connection was moved from");
    return says_it && from.error().kind() == ErrorKind::misuse && ::ERR_peek_error() == 0;
  };
  CHECK((from.handshake() == IoStatus::failed && said()));
  CHECK((from.read(std::span{room}) == ReadResult{IoStatus::failed, 0} && said()));
  CHECK((from.write(text) == WriteResult{IoStatus::failed, 0} && said()));
  CHECK((from.retry() == WriteResult{IoStatus::failed, 0} && said()));
  CHECK((from.flush() == IoStatus::failed && said()));
  CHECK((from.shutdown() == IoStatus::failed && said()));
  CHECK((from.update_keys() == IoStatus::failed && said()));
  CHECK(from.cancel_write() == 0);
  CHECK(from.modes().empty());
  CHECK(from.add_modes(Mode::release_buffers).empty());
  CHECK(from.version().empty());
  CHECK(from.cipher().empty());
  CHECK(from.alpn().empty());
  CHECK(from.peer_certificate() == nullptr);
  CHECK(from.native_handle() == nullptr);
  CHECK_FALSE(from.has_input());
  CHECK_FALSE(from.wants_write());

  from = std::move(moved);
  CHECK(carry(from, pair.server, "back again") == "back again");
}

TEST_CASE("an SSL that has another owner, too, outlives its connection and cannot reach the transport") {
  Wire wire;
  const Context<Client> context{trust_in(default_authority())};
  auto connection =
      std::make_optional<Connection<Client, WireEnd>>(context, WireEnd::client(wire), PeerName{"server.example"});
  ::SSL* const ssl = connection->native_handle();
  ::SSL_up_ref(ssl);
  connection.reset();
  CHECK(::SSL_do_handshake(ssl) != 1);
  CHECK(wire.to_server.send_calls == 0);
  ::ERR_clear_error();
  ::SSL_free(ssl);
}

TEST_CASE("a transport that is full is asked once in each call") {
  TlsPair<> pair;
  REQUIRE(shake_hands(pair).done());
  pair.wire.to_server.budget = 0;
  const std::string_view text = "hello";
  const std::size_t before = pair.wire.to_server.send_calls;
  CHECK(pair.client.write(text).status == IoStatus::want_write);
  CHECK(pair.wire.to_server.send_calls == before + 1);
  CHECK(pair.client.retry().status == IoStatus::want_write);
  CHECK(pair.wire.to_server.send_calls == before + 2);
}

TEST_CASE("the transport of a connection is the one it was given") {
  const Context<Server> context{identity_of(default_server())};
  Connection connection{context, MemoryTransport{5}};
  REQUIRE(connection.transport().add_input(std::as_bytes(std::span{std::string_view{"x"}})));
  CHECK(connection.handshake() == IoStatus::want_read);
}

TEST_CASE("a context may be gone before its connections") {
  TlsPair<> pair;
  {
    const Context<Client> gone = std::move(pair.client_context);
    const Context<Server> gone_too = std::move(pair.server_context);
  }
  REQUIRE(shake_hands(pair).done());
  CHECK(carry(pair.client, pair.server, "text") == "text");
}

TEST_CASE("an error queue that someone else has left full harms no call, and is empty after each") {
  TlsPair<> pair;
  const auto clean = [] {
    const bool empty = ::ERR_peek_error() == 0;
    pollute_error_queue();
    return empty;
  };
  char room[100];
  const std::string text = "text";
  pollute_error_queue();
  CHECK((pair.client.handshake() == IoStatus::want_read && clean()));
  CHECK((pair.server.handshake() == IoStatus::want_read && clean()));
  CHECK((pair.client.handshake() == IoStatus::done && clean()));
  CHECK((pair.server.handshake() == IoStatus::done && clean()));
  CHECK((pair.client.write(text) == WriteResult{IoStatus::done, 4} && clean()));
  CHECK((pair.server.read(std::span{room}) == ReadResult{IoStatus::done, 4} && clean()));
  CHECK((pair.server.read(std::span{room}) == ReadResult{IoStatus::want_read, 0} && clean()));
  CHECK((pair.client.flush() == IoStatus::done && clean()));
  CHECK((pair.client.update_keys() == IoStatus::done && clean()));
  CHECK((pair.server.read(std::span{room}) == ReadResult{IoStatus::want_read, 0} && clean()));
  CHECK((pair.client.retry().status == IoStatus::failed && clean()));
  CHECK_FALSE(says(pair.client.error(), "left by someone else"));
  CHECK((pair.client.read(std::span{room}.first(0)).status == IoStatus::done && clean()));
  CHECK((pair.client.write(std::string_view{}).status == IoStatus::done && clean()));
  pair.wire.to_server.budget = 0;
  CHECK((pair.client.write(text).status == IoStatus::want_write && clean()));
  CHECK((pair.client.write(text).status == IoStatus::write_pending && clean()));
  CHECK_FALSE(says(pair.client.error(), "left by someone else"));
  pair.wire.to_server.budget = unlimited;
  CHECK((pair.client.retry().status == IoStatus::done && clean()));
  CHECK((pair.client.shutdown() == IoStatus::done && clean()));
  CHECK((pair.server.read(std::span{room}) == ReadResult{IoStatus::done, 4} && clean()));
  CHECK((pair.server.read(std::span{room}) == ReadResult{IoStatus::closed, 0} && clean()));
  CHECK((pair.server.read(std::span{room}) == ReadResult{IoStatus::closed, 0} && clean()));
  CHECK((pair.server.shutdown() == IoStatus::done && clean()));
  CHECK((pair.server.write(text).status == IoStatus::failed && clean()));
  CHECK_FALSE(says(pair.server.error(), "left by someone else"));
  ::ERR_clear_error();
}
