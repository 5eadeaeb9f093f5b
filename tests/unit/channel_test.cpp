// SPDX-License-Identifier: MIT
// What a read does besides reading, and what a channel makes of an OpenSSL that pauses.
#include <tlsmode/engine/channel.hpp>

#include <array>
#include <cerrno>
#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include <fcntl.h>
#include <sys/socket.h>

#include <openssl/ssl.h>

#include <tlsmode/tlsmode.hpp>

#include "support/catch.hpp"
#include "support/thrown.hpp"
#include "support/tls_pair.hpp"

using namespace tlsmode;
using namespace tlsmode_tests;

namespace {

using BufferedClient = WithRule<Client, BufferedWrites>;

struct SmallBatch : Client {
  static constexpr std::size_t batch_size = 16'384;
};

/// The client's end of a wire that waits for input: meanwhile, others act.
class WaitingEnd : public WireEnd {
 public:
  WaitingEnd(Wire& wire, const std::function<void()>& others) noexcept
      : WireEnd{WireEnd::client(wire)}, in_{&wire.to_client}, others_{&others} {}
  [[nodiscard]] static bool blocking() noexcept { return true; }
  [[nodiscard]] ReadResult receive(std::span<std::byte> to) noexcept {
    if (in_->bytes.empty() && *others_) (*others_)();
    return WireEnd::receive(to);
  }

 private:
  const Lane* in_;
  const std::function<void()>* others_;
};

/// A buffered client that waits in its reads, and a server; connected.
struct WaitingPair {
  WaitingPair() { REQUIRE(shake_hands(client, server).done()); }
  WaitingPair(const WaitingPair&) = delete;
  WaitingPair& operator=(const WaitingPair&) = delete;

  Wire wire;
  std::function<void()> others;
  Context<BufferedClient> client_context{trust_in(default_authority())};
  Context<Server> server_context{identity_of(default_server())};
  Connection<BufferedClient, WaitingEnd> client{client_context, WaitingEnd{wire, others}, PeerName{"server.example"}};
  Connection<Server, WireEnd> server{server_context, WireEnd::server(wire)};
};

int pause_until_true(::SSL*, void* ready) { return *static_cast<bool*>(ready) ? 1 : -1; }

}  // namespace

TEST_CASE("a read that would wait sends what is gathered first: a request needs no flush") {
  WaitingPair pair;
  const std::string answer = "answer";
  std::string question;
  pair.others = [&] {
    question += hear(pair.server).text;
    if (question == "question") static_cast<void>(pair.server.write(answer));
  };
  const std::size_t calls = pair.wire.to_server.send_calls;
  REQUIRE(pair.client.write(std::string_view{"ques"}) == WriteResult{IoStatus::done, 4});
  REQUIRE(pair.client.write(std::string_view{"tion"}) == WriteResult{IoStatus::done, 4});
  CHECK(pair.wire.to_server.send_calls == calls);
  char room[10];
  CHECK(pair.client.read(std::span{room}) == ReadResult{IoStatus::done, 6});
  CHECK(question == "question");
  CHECK(pair.wire.to_server.send_calls == calls + 1);
}

TEST_CASE("a read that need not wait sends nothing, also on a transport that would") {
  WaitingPair pair;
  const std::string news = "news";
  REQUIRE(pair.server.write(news).status == IoStatus::done);
  REQUIRE(pair.server.write(news).status == IoStatus::done);
  char room[10];
  CHECK(pair.client.read(std::span{room}) == ReadResult{IoStatus::done, 4});
  REQUIRE(pair.client.has_input());
  const std::size_t calls = pair.wire.to_server.send_calls;
  REQUIRE(pair.client.write(std::string_view{"question"}) == WriteResult{IoStatus::done, 8});
  CHECK(pair.client.read(std::span{room}) == ReadResult{IoStatus::done, 4});
  CHECK(pair.wire.to_server.send_calls == calls);
}

TEST_CASE("a read that would wait, and cannot send what is gathered, says so and does not wait") {
  WaitingPair pair;
  REQUIRE(pair.client.write(std::string_view{"question"}) == WriteResult{IoStatus::done, 8});
  const std::size_t waits = pair.wire.to_client.receive_calls;
  char room[10];
  pair.wire.to_server.budget = 0;
  CHECK(pair.client.read(std::span{room}) == ReadResult{IoStatus::want_write, 0});
  pair.wire.to_server.budget = unlimited;
  pair.wire.to_server.send_error = ECONNRESET;
  REQUIRE(pair.client.write(std::string_view{"!"}) == WriteResult{IoStatus::done, 1});
  CHECK(pair.client.read(std::span{room}) == ReadResult{IoStatus::failed, 0});
  CHECK(pair.client.error().system_error() == ECONNRESET);
  CHECK(pair.wire.to_client.receive_calls == waits);
}

TEST_CASE("a read on a blocking socket sends what is gathered before it waits; on another one, when it finds nothing") {
  const bool blocking = GENERATE(false, true);
  std::array<int, 2> ends{};
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()) == 0);
  const Context<BufferedClient> client_context{trust_in(default_authority())};
  const Context<Server> server_context{identity_of(default_server())};
  Connection client{client_context, Socket{ends[0]}, PeerName{"server.example"}};
  Connection server{server_context, Socket{ends[1]}};
  REQUIRE(shake_hands(client, server).done());
  if (blocking) REQUIRE(::fcntl(ends[0], F_SETFL, 0) == 0);

  const std::string news = "news";  // there before the read, which else would wait in this only thread
  REQUIRE(server.write(news).status == IoStatus::done);
  REQUIRE(client.write(std::string_view{"question"}) == WriteResult{IoStatus::done, 8});
  char room[10];
  CHECK(client.read(std::span{room}) == ReadResult{IoStatus::done, 4});
  CHECK(hear(server).text == (blocking ? "question" : ""));
  if (!blocking) {
    CHECK(client.read(std::span{room}) == ReadResult{IoStatus::want_read, 0});
    CHECK(hear(server).text == "question");
  }
}

TEST_CASE("what a peer makes a connection send is bounded: reading stops until it has left") {
  TlsPair<SmallBatch> pair;
  REQUIRE(shake_hands(pair).done());
  const std::size_t sent = pair.wire.to_server.sent;
  pair.wire.to_server.budget = 0;
  const std::string byte = "x";
  char room[1];
  ReadResult result{IoStatus::done, 1};
  int rounds = 0;
  for (; result.status == IoStatus::done && rounds != 10'000; ++rounds) {  // every key update is answered with one
    REQUIRE(pair.server.update_keys(true) == IoStatus::done);
    REQUIRE(pair.server.write(byte).status == IoStatus::done);
    result = pair.client.read(std::span{room});
  }
  CHECK(result == ReadResult{IoStatus::want_write, 0});
  CHECK(pair.client.read(std::span{room}) == ReadResult{IoStatus::want_write, 0});
  CHECK(pair.client.wants_write());

  pair.wire.to_server.budget = unlimited;
  CHECK(pair.client.read(std::span{room}) == ReadResult{IoStatus::done, 1});
  constexpr std::size_t bound = 2 * SmallBatch::batch_size + 64 * 1024;
  CHECK(pair.wire.to_server.sent - sent > bound);
  CHECK(pair.wire.to_server.sent - sent < bound + 200);
  CHECK(hear(pair.server).end == IoStatus::want_read);
}

TEST_CASE("a transport that fails while output is bounded ends the reading with its error") {
  TlsPair<SmallBatch> pair;
  REQUIRE(shake_hands(pair).done());
  pair.wire.to_server.budget = 0;
  const std::string byte = "x";
  char room[1];
  for (int rounds = 0; pair.client.read(std::span{room}).status != IoStatus::want_write; ++rounds) {
    REQUIRE(rounds != 10'000);
    REQUIRE(pair.server.update_keys(true) == IoStatus::done);
    REQUIRE(pair.server.write(byte).status == IoStatus::done);
  }
  pair.wire.to_server.send_error = EPIPE;
  CHECK(pair.client.read(std::span{room}) == ReadResult{IoStatus::failed, 0});
  CHECK(pair.client.error().system_error() == EPIPE);
}

TEST_CASE("a callback that has no answer yet pauses the handshake, which goes on when there is one") {
  bool ready = false;
  TlsPair<> pair{
      {.configure = [&](::SSL_CTX*, ::SSL_CTX* server) { ::SSL_CTX_set_cert_cb(server, pause_until_true, &ready); }}};
  REQUIRE(pair.client.handshake() == IoStatus::want_read);
  CHECK(pair.server.handshake() == IoStatus::want_decision);
  CHECK(pair.server.handshake() == IoStatus::want_decision);
  CHECK(pair.server.error().kind() == ErrorKind::none);
  ready = true;
  CHECK(shake_hands(pair).done());
  CHECK(carry(pair.client, pair.server, "request") == "request");
}
