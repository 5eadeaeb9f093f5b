// SPDX-License-Identifier: MIT
#include <functional>
#include <string_view>
#include <utility>

#include <tlsmode/tlsmode.hpp>

#include "support/catch.hpp"
#include "support/thrown.hpp"
#include "support/tls_pair.hpp"

using namespace tlsmode_tests;
using tlsmode::IoStatus;

namespace {

/// A transport that calls back into whoever uses it.
class CallingEnd {
 public:
  CallingEnd(WireEnd end, std::function<void()>& call) noexcept : end_{end}, call_{&call} {}
  [[nodiscard]] tlsmode::ReadResult receive(std::span<std::byte> to) noexcept {
    if (*call_) (*call_)();
    return end_.receive(to);
  }
  [[nodiscard]] tlsmode::WriteResult send(std::span<const std::byte> from) noexcept {
    if (*call_) (*call_)();
    return end_.send(from);
  }

 private:
  WireEnd end_;
  std::function<void()>* call_;
};

}  // namespace

TEST_CASE("a call from inside the transport is refused, and the call around it goes on") {
  Wire wire;
  std::function<void()> call;
  const tlsmode::Context<tlsmode::Client> client_context{trust_in(default_authority())};
  const tlsmode::Context<tlsmode::Server> server_context{identity_of(default_server())};
  tlsmode::Connection client{client_context, CallingEnd{WireEnd::client(wire), call},
                             tlsmode::PeerName{"server.example"}};
  tlsmode::Connection server{server_context, WireEnd::server(wire)};
  REQUIRE(shake_hands(client, server).done());
  int refused = 0;
  call = [&] {
    char buffer[8];
    const bool all = client.write(std::string_view{"B"}).status == IoStatus::failed &&
                     client.read(buffer).status == IoStatus::failed && client.handshake() == IoStatus::failed &&
                     client.flush() == IoStatus::failed && client.shutdown() == IoStatus::failed &&
                     client.update_keys() == IoStatus::failed && client.retry().status == IoStatus::failed;
    refused += all && says(client.error(), "this connection is in another call") ? 1 : 0;
  };
  CHECK(client.write(std::string_view{"A"}) == tlsmode::WriteResult{IoStatus::done, 1});
  CHECK(refused == 1);
  char buffer[8];
  CHECK(client.read(buffer).status == IoStatus::want_read);
  CHECK(refused >= 2);
  call = nullptr;
  CHECK(hear(server).text == "A");
  CHECK(client.write(std::string_view{"C"}) == tlsmode::WriteResult{IoStatus::done, 1});
  CHECK(hear(server).text == "C");
}

TEST_CASE("a refused call says so, until a call is granted; what the running call has to say is not touched") {
  Wire wire;
  std::function<void()> call;
  const tlsmode::Context<tlsmode::Client> context{trust_in(default_authority())};
  tlsmode::Connection client{context, CallingEnd{WireEnd::client(wire), call}, tlsmode::PeerName{"server.example"}};
  wire.to_client.ended = true;
  tlsmode::ErrorKind inside = tlsmode::ErrorKind::none;
  call = [&] {
    CHECK(client.flush() == IoStatus::failed);
    inside = client.error().kind();
  };
  CHECK(client.handshake() == IoStatus::truncated);
  CHECK(inside == tlsmode::ErrorKind::misuse);
  CHECK(says(client.error(), "the peer ended the stream during the handshake"));
}

TEST_CASE("a flag is given back when its use ends, and does not move along") {
  tlsmode::engine::UseFlag flag;
  {
    const tlsmode::engine::ExclusiveUse use{flag};
    CHECK(use.granted());
    CHECK_FALSE(tlsmode::engine::ExclusiveUse{flag}.granted());
    tlsmode::engine::UseFlag moved{std::move(flag)};
    CHECK(tlsmode::engine::ExclusiveUse{moved}.granted());
  }
  CHECK(tlsmode::engine::ExclusiveUse{flag}.granted());
}
