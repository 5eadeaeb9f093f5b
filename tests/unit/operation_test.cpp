// SPDX-License-Identifier: MIT
#include <tlsmode/operation.hpp>

#include <cerrno>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <tlsmode/kernel_tls.hpp>

#include "support/catch.hpp"
#include "support/tls_pair.hpp"

using namespace tlsmode_tests;
using tlsmode::IoStatus;
using tlsmode::Readiness;

namespace {

template <typename Rule>
using PairOf = TlsPair<WithRule<tlsmode::Client, Rule>>;

template <tlsmode::WriteRule Rule>
struct Kernel : tlsmode::Client {
  using Writes = Rule;
  static constexpr bool kernel_tls = true;
};

const std::string text = pattern(100'000);

/// What a peer gets that reads all there is.
template <typename Server>
std::string all_of(Server& server) {
  return hear(server).text;
}

/// A client on OpenSSL's own BIOs and a server on ours, through a pair of BIOs that holds 20,000 bytes each way.
template <typename Rule>
struct NativePair {
  NativePair() {
    BIO* ours = nullptr;
    BIO* theirs = nullptr;
    REQUIRE(::BIO_new_bio_pair(&ours, 20'000, &theirs, 20'000) == 1);
    client.emplace(client_context, tlsmode::NativeBio{ours, ours}, tlsmode::PeerName{"server.example"});
    server.emplace(server_context, tlsmode::NativeBio{theirs, theirs});
    REQUIRE(shake_hands(*client, *server).done());
    REQUIRE(hear(*client).end == IoStatus::want_read);
  }
  tlsmode::Context<Kernel<Rule>> client_context{trust_in(default_authority())};
  tlsmode::Context<tlsmode::Server> server_context{identity_of(default_server())};
  std::optional<tlsmode::Connection<Kernel<Rule>, tlsmode::NativeBio>> client;
  std::optional<tlsmode::Connection<tlsmode::Server, tlsmode::NativeBio>> server;
};

}  // namespace

static_assert(tlsmode::ResumableOperation<tlsmode::HandshakeOperation<tlsmode::Client, tlsmode::Socket>>);
static_assert(tlsmode::ResumableOperation<tlsmode::WriteAllOperation<tlsmode::Client, tlsmode::Socket>>);
static_assert(tlsmode::ResumableOperation<tlsmode::ReadSomeOperation<tlsmode::Client, tlsmode::Socket>>);
static_assert(tlsmode::ResumableOperation<tlsmode::ReadExactlyOperation<tlsmode::Client, tlsmode::Socket>>);
static_assert(tlsmode::ResumableOperation<tlsmode::ShutdownOperation<tlsmode::Client, tlsmode::Socket>>);
static_assert(tlsmode::ResumableOperation<tlsmode::CloseOperation<tlsmode::Client, tlsmode::Socket>>);
static_assert(sizeof(tlsmode::WriteAllOperation<tlsmode::Client, tlsmode::Socket>) <= 48);

TEST_CASE("operations go as far as they can, say what to wait for, and end once") {
  TlsPair<> pair;
  tlsmode::HandshakeOperation client{pair.client};
  tlsmode::HandshakeOperation server{pair.server};
  CHECK_FALSE(client.finished());
  CHECK(client.advance() == IoStatus::want_read);
  CHECK(client.readiness() == Readiness::read);
  CHECK(server.advance() == IoStatus::want_read);
  CHECK(client.advance() == IoStatus::done);
  CHECK(server.advance() == IoStatus::done);
  CHECK(client.finished());
  CHECK(client.advance() == IoStatus::done);
  CHECK(client.status() == IoStatus::done);

  std::string to(6, ' ');
  tlsmode::ReadExactlyOperation exactly{pair.server, to};
  CHECK(exactly.advance() == IoStatus::want_read);
  REQUIRE(pair.client.write(std::string_view{"abcd"}).status == IoStatus::done);
  CHECK(exactly.advance() == IoStatus::want_read);
  CHECK(exactly.bytes() == 4);
  REQUIRE(pair.client.write(std::string_view{"efgh"}).status == IoStatus::done);
  CHECK(exactly.advance() == IoStatus::done);
  CHECK(to == "abcdef");
  tlsmode::ReadSomeOperation some{pair.server, to};
  CHECK(some.advance() == IoStatus::done);
  CHECK(some.bytes() == 2);

  tlsmode::ShutdownOperation shutdown{pair.client};
  CHECK(shutdown.advance() == IoStatus::done);
  tlsmode::CloseOperation close{pair.server};
  CHECK(close.advance() == IoStatus::done);
}

TEMPLATE_TEST_CASE("a write is given up at any point, by every rule: bytes() is what the peer gets, and no other byte",
                   "", tlsmode::StrictWrites, tlsmode::PartialWrites, tlsmode::MovingWrites,
                   tlsmode::PartialMovingWrites, tlsmode::BufferedWrites) {
  const std::size_t room = GENERATE(std::size_t{0}, std::size_t{1}, std::size_t{16'000}, std::size_t{16'500},
                                    std::size_t{40'000}, std::size_t{70'000}, std::size_t{102'000});
  const bool by_destroying = GENERATE(false, true);
  PairOf<TestType> pair;
  REQUIRE(shake_hands(pair).done());
  std::string lent = text;
  std::size_t bytes = 0;
  for (int step = 0; step != 3; ++step) {  // three operations, each given up, each with what the one before has left
    pair.wire.to_server.budget = room / 3;
    lent = text.substr(bytes);
    std::optional write{tlsmode::WriteAllOperation{pair.client, lent}};
    const IoStatus status = write->advance();
    CHECK((status == IoStatus::want_write || status == IoStatus::done));
    CHECK((write->finished() || write->readiness() == Readiness::write));
    const std::size_t shown = write->bytes();
    bytes += shown;
    if (!by_destroying) {
      CHECK(write->cancel() == shown);
      CHECK(write->advance() == (status == IoStatus::done ? status : IoStatus::failed));
    }
    write.reset();
    CHECK(pair.client.pending_write().length == 0);
    lent.assign(lent.size(), '?');
  }
  pair.wire.to_server.budget = unlimited;
  REQUIRE(pair.client.flush() == IoStatus::done);
  CHECK(all_of(pair.server) == text.substr(0, bytes));
  CHECK(carry(pair.client, pair.server, "MORE") == "MORE");
}

TEMPLATE_TEST_CASE("a write over OpenSSL's own BIOs is given up as exactly", "", tlsmode::StrictWrites,
                   tlsmode::PartialWrites, tlsmode::BufferedWrites) {
  NativePair<TestType> pair;
  auto lent = std::make_unique<std::string>(text);
  std::optional write{tlsmode::WriteAllOperation{*pair.client, *lent}};
  CHECK(write->advance() == IoStatus::want_write);
  const std::size_t bytes = write->bytes();
  CHECK(bytes != 0);
  write.reset();
  lent.reset();
  CHECK(pair.client->pending_write().length == 0);
  std::string arrived = all_of(*pair.server);
  REQUIRE(pair.client->flush() == IoStatus::done);
  arrived += all_of(*pair.server);
  CHECK(arrived == text.substr(0, bytes));
  CHECK(carry(*pair.client, *pair.server, "MORE") == "MORE");
}

TEST_CASE("an operation that is moved goes on where it was, and what is left behind does nothing") {
  TlsPair<> pair;
  REQUIRE(shake_hands(pair).done());
  pair.wire.to_server.budget = 0;
  std::optional<tlsmode::WriteAllOperation<tlsmode::Client, WireEnd>> write{std::in_place, pair.client, text};
  CHECK(write->advance() == IoStatus::want_write);
  tlsmode::WriteAllOperation moved{std::move(*write)};
  write.reset();
  CHECK(pair.client.pending_write().length == text.size());  // nothing was cancelled
  pair.wire.to_server.budget = unlimited;
  CHECK(moved.advance() == IoStatus::done);
  CHECK(moved.bytes() == text.size());
  CHECK(all_of(pair.server) == text);
}

TEST_CASE("an operation that forgets its connection touches it no more") {
  std::optional<TlsPair<>> pair{std::in_place};
  REQUIRE(shake_hands(*pair).done());
  pair->wire.to_server.budget = 0;
  tlsmode::WriteAllOperation write{pair->client, text};
  char byte = 0;
  tlsmode::ReadSomeOperation read{pair->client, std::span{&byte, 1}};
  CHECK(write.advance() == IoStatus::want_write);
  write.forget();
  read.forget();
  CHECK(pair->client.pending_write().length != 0);
  pair.reset();
  CHECK(write.finished());
  CHECK(read.advance() == IoStatus::failed);
}

TEST_CASE("a write that finds another one pending is refused, and leaves it as it is") {
  TlsPair<> pair;
  REQUIRE(shake_hands(pair).done());
  pair.wire.to_server.budget = 0;
  REQUIRE(pair.client.write(text).status == IoStatus::want_write);
  {
    tlsmode::WriteAllOperation write{pair.client, text};
    CHECK(write.advance() == IoStatus::write_pending);
    CHECK(write.bytes() == 0);
  }
  CHECK(pair.client.pending_write().length == text.size());
}

TEST_CASE("a reader and a writer are driven side by side") {
  PairOf<tlsmode::StrictWrites> pair;
  REQUIRE(shake_hands(pair).done());
  pair.wire.to_server.budget = 0;
  std::string answer(6, ' ');
  tlsmode::WriteAllOperation write{pair.client, text};
  tlsmode::ReadExactlyOperation read{pair.client, answer};
  CHECK(write.advance() == IoStatus::want_write);
  REQUIRE(pair.server.write(std::string_view{"answer"}).status == IoStatus::done);
  CHECK(read.advance() == IoStatus::done);
  CHECK(answer == "answer");
  pair.wire.to_server.budget = unlimited;
  CHECK(write.advance() == IoStatus::done);
  CHECK(all_of(pair.server) == text);
}

TEST_CASE("a write that fails ends, with what was written before, and nothing stays pending") {
  PairOf<tlsmode::PartialWrites> pair;
  REQUIRE(shake_hands(pair).done());
  pair.wire.to_server.budget = 40'000;
  tlsmode::WriteAllOperation write{pair.client, text};
  CHECK(write.advance() == IoStatus::want_write);
  pair.wire.to_server.send_error = EPIPE;
  CHECK(write.advance() == IoStatus::failed);
  CHECK(write.finished());
  CHECK(pair.client.pending_write().length == 0);
}
