// SPDX-License-Identifier: MIT
// The public names, as the design promises them, and the calling code that the README shows.
#include <tlsmode/tlsmode.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <span>
#include <type_traits>

namespace {

struct Proxy : tlsmode::Server {
  using Writes = tlsmode::MovingWrites;
  static constexpr tlsmode::ModeSet modes = tlsmode::Mode::release_buffers;  // tunable modes, on top of Writes::modes
};

static_assert(tlsmode::modes_of<Proxy>.contains(tlsmode::Mode::accept_moving_write_buffer));
static_assert(tlsmode::modes_of<Proxy> == (Proxy::Writes::modes | Proxy::modes));

static_assert(std::is_enum_v<tlsmode::Mode> && std::same_as<std::underlying_type_t<tlsmode::Mode>, std::uint32_t>);
static_assert(std::is_enum_v<tlsmode::IoStatus>);
static_assert(std::derived_from<tlsmode::Error, std::exception>);

static_assert(tlsmode::WriteRule<tlsmode::StrictWrites>);
static_assert(tlsmode::WriteRule<tlsmode::PartialWrites>);
static_assert(tlsmode::WriteRule<tlsmode::MovingWrites>);
static_assert(tlsmode::WriteRule<tlsmode::PartialMovingWrites>);
static_assert(tlsmode::WriteRule<tlsmode::BufferedWrites>);
static_assert(tlsmode::PolicyType<tlsmode::Client>);
static_assert(tlsmode::PolicyType<tlsmode::Server>);
static_assert(tlsmode::PolicyType<Proxy>);
static_assert(tlsmode::TransportType<tlsmode::Socket>);
static_assert(tlsmode::TransportType<tlsmode::MemoryTransport>);

// A connection runs over a socket unless it is told otherwise.
static_assert(std::same_as<tlsmode::Connection<Proxy>, tlsmode::Connection<Proxy, tlsmode::Socket>>);

// { IoStatus status; std::size_t bytes; }
static_assert(std::same_as<decltype(tlsmode::ReadResult::status), tlsmode::IoStatus>);
static_assert(std::same_as<decltype(tlsmode::ReadResult::bytes), std::size_t>);
static_assert(std::same_as<decltype(tlsmode::WriteResult::status), tlsmode::IoStatus>);
static_assert(std::same_as<decltype(tlsmode::WriteResult::bytes), std::size_t>);

// The contexts that can be made, and those that cannot.
using ClientContext = tlsmode::Context<tlsmode::Client>;
using ServerContext = tlsmode::Context<tlsmode::Server>;
static_assert(std::is_default_constructible_v<ClientContext>);
static_assert(std::is_constructible_v<ClientContext, const tlsmode::Trust&>);
static_assert(std::is_constructible_v<ClientContext, const tlsmode::Trust&, const tlsmode::Identity&>);
static_assert(std::is_constructible_v<ClientContext, ::SSL_CTX*>);
static_assert(std::is_constructible_v<ServerContext, const tlsmode::Identity&>);
static_assert(std::is_constructible_v<ServerContext, const tlsmode::Identity&, const tlsmode::Trust&>);
static_assert(std::is_constructible_v<ServerContext, ::SSL_CTX*>);
static_assert(!std::is_default_constructible_v<ServerContext>);
static_assert(!std::is_constructible_v<ServerContext, const tlsmode::Trust&>);
static_assert(!std::is_constructible_v<ClientContext, const tlsmode::Identity&>);

[[maybe_unused]] tlsmode::IoStatus shape_of_use(int fd, std::span<const std::byte> bytes) {
  tlsmode::Context<tlsmode::Client> context;  // system trust, verify, TLS 1.2+
  tlsmode::Connection connection{context, tlsmode::Socket{fd}, tlsmode::PeerName{"example.org"}};
  static_assert(std::same_as<decltype(connection), tlsmode::Connection<tlsmode::Client, tlsmode::Socket>>);
  switch (connection.write(bytes).status) {
    case tlsmode::IoStatus::done:
    case tlsmode::IoStatus::want_read:
    case tlsmode::IoStatus::want_write:
    case tlsmode::IoStatus::closed:
    case tlsmode::IoStatus::truncated:
    case tlsmode::IoStatus::write_pending:
    case tlsmode::IoStatus::want_decision:
    case tlsmode::IoStatus::failed: break;
  }
  context.add_modes(tlsmode::Mode::release_buffers);  // additive, returns the new set: SSL_CTX_set_mode
  static_assert(std::same_as<decltype(context.add_modes(tlsmode::Mode::release_buffers)), tlsmode::ModeSet>);
  static_assert(std::same_as<decltype(connection.add_modes(tlsmode::Mode::release_buffers)), tlsmode::ModeSet>);
  static_assert(std::same_as<decltype(context.modes()), tlsmode::ModeSet>);
  static_assert(std::same_as<decltype(connection.modes()), tlsmode::ModeSet>);
  static_assert(std::same_as<decltype(context.native_handle()), ::SSL_CTX*>);
  static_assert(std::same_as<decltype(connection.native_handle()), ::SSL*>);
  static_assert(std::same_as<decltype(connection.transport()), tlsmode::Socket&>);
  return connection.shutdown();
}

[[maybe_unused]] void shape_of_a_server(int fd) {
  const tlsmode::Identity identity = tlsmode::Identity::from_pem_files("chain.pem", "key.pem");
  const tlsmode::Context<Proxy> context{identity, tlsmode::Trust::file("clients.pem")};
  tlsmode::Connection connection{context, tlsmode::Socket{fd}};
  static_assert(std::same_as<decltype(connection), tlsmode::Connection<Proxy, tlsmode::Socket>>);
  static_cast<void>(connection.handshake());
}

// Raw handles are adopted.
static_assert(std::is_constructible_v<tlsmode::Connection<tlsmode::Server, tlsmode::NativeBio>, ::SSL*>);
static_assert(std::is_constructible_v<tlsmode::Connection<tlsmode::Server>, ::SSL*, tlsmode::Socket>);
static_assert(
    std::is_constructible_v<tlsmode::Connection<tlsmode::Client>, ::SSL*, tlsmode::Socket, tlsmode::PeerName>);
static_assert(!std::is_constructible_v<tlsmode::Connection<tlsmode::Client>, ::SSL*, tlsmode::Socket>);
static_assert(!std::is_constructible_v<tlsmode::Connection<tlsmode::Server>, ::SSL*>);

}  // namespace
