// SPDX-License-Identifier: MIT
#include <tlsmode/transport.hpp>

#include <cstddef>
#include <cstring>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include "support/catch.hpp"
#include "support/tls_pair.hpp"

using namespace tlsmode;
using namespace tlsmode_tests;

namespace {

/// A user's transport: messages between two queues, move-only, and of nothing that tlsmode knows.
class Mailbox {
 public:
  using Queue = std::deque<std::string>;
  Mailbox(std::shared_ptr<Queue> in, std::shared_ptr<Queue> out) : in_{std::move(in)}, out_{std::move(out)} {}
  Mailbox(Mailbox&&) noexcept = default;
  Mailbox& operator=(Mailbox&&) noexcept = default;

  ReadResult receive(std::span<std::byte> to) noexcept {
    if (in_->empty()) return {IoStatus::want_read, 0};
    std::string& message = in_->front();
    const std::size_t size = std::min(to.size(), message.size());
    std::memcpy(to.data(), message.data(), size);
    message.erase(0, size);
    if (message.empty()) in_->pop_front();
    return {IoStatus::done, size};
  }

  WriteResult send(std::span<const std::byte> from) noexcept {
    const std::size_t size = std::min<std::size_t>(from.size(), 700);
    out_->emplace_back(reinterpret_cast<const char*>(from.data()), size);
    return {IoStatus::done, size};
  }

 private:
  std::shared_ptr<Queue> in_;
  std::shared_ptr<Queue> out_;
};

/// The same with the optional members.
struct Complete : Mailbox {
  using Mailbox::Mailbox;
  using Mailbox::send;
  WriteResult send(std::span<const std::byte> first, std::span<const std::byte>) noexcept { return send(first); }
  [[nodiscard]] bool blocking() const noexcept { return true; }
};

struct ThrowingReceive : Mailbox {
  ReadResult receive(std::span<std::byte>);  // not noexcept
};
struct PosixStyle {
  long receive(std::span<std::byte>) noexcept;
  long send(std::span<const std::byte>) noexcept;
};

template <TransportType T>
void carries_a_connection() {
  auto to_server = std::make_shared<Mailbox::Queue>();
  auto to_client = std::make_shared<Mailbox::Queue>();
  const Context<Client> client_context{trust_in(default_authority())};
  const Context<Server> server_context{identity_of(default_server())};
  Connection client{client_context, T{to_client, to_server}, PeerName{"server.example"}};
  Connection server{server_context, T{to_server, to_client}};
  REQUIRE(shake_hands(client, server).done());
  const std::string text = pattern(100'000);
  CHECK((carry(client, server, text) == text));
  CHECK((carry(server, client, text) == text));
  CHECK(client.shutdown() == IoStatus::done);
  CHECK(hear(server).end == IoStatus::closed);
}

}  // namespace

TEST_CASE("any type that models the concept carries a connection") { carries_a_connection<Mailbox>(); }

TEST_CASE("a transport with the optional members carries a connection") { carries_a_connection<Complete>(); }

TEST_CASE("a transport receives and sends in the library's vocabulary, and does not throw") {
  STATIC_REQUIRE(TransportType<Mailbox>);
  STATIC_REQUIRE(TransportType<Socket>);
  STATIC_REQUIRE(TransportType<MemoryTransport>);
  STATIC_REQUIRE(TransportType<NativeBio>);
  STATIC_REQUIRE_FALSE(TransportType<ThrowingReceive>);
  STATIC_REQUIRE_FALSE(TransportType<PosixStyle>);
  STATIC_REQUIRE_FALSE(TransportType<int>);
}

TEST_CASE("the optional members of a transport are found") {
  STATIC_REQUIRE(detail::SendsPairs<Complete>);
  STATIC_REQUIRE_FALSE(detail::SendsPairs<Mailbox>);
  CHECK(detail::receive_may_wait(Complete{nullptr, nullptr}));
  CHECK_FALSE(detail::receive_may_wait(Mailbox{nullptr, nullptr}));
}
