// SPDX-License-Identifier: MIT
#include "fuzz/any_connection.hpp"

#include <cstddef>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <tlsmode/kernel_tls.hpp>
#include <tlsmode/tlsmode.hpp>

#include "fuzz/fuzz.hpp"
#include "fuzz/raw_ssl.hpp"
#include "support/tls_pair.hpp"

namespace tlsmode_tests {
namespace {

using tlsmode::NativeBio;

/// An end of a wire as a socket is one: a short send means that it is full, and stays so until the network goes on.
class SocketLikeEnd : public WireEnd {
 public:
  static constexpr bool short_send_means_full = true;

  explicit SocketLikeEnd(const WireEnd& end) noexcept : WireEnd{end} {}
  [[nodiscard]] tlsmode::WriteResult send(std::span<const std::byte> from) noexcept {
    const tlsmode::WriteResult result = WireEnd::send(from);
    if (result.bytes < from.size()) out().budget = 0;
    return result;
  }
  /// Sends two spans as one.
  [[nodiscard]] tlsmode::WriteResult send(std::span<const std::byte> first,
                                          std::span<const std::byte> second) noexcept {
    std::vector<std::byte> both{first.begin(), first.end()};
    both.insert(both.end(), second.begin(), second.end());
    return send(both);
  }
};

/// As if its receive might wait: what is gathered leaves before it is asked.
class WaitingEnd : public SocketLikeEnd {
 public:
  using SocketLikeEnd::SocketLikeEnd;
  [[nodiscard]] bool blocking() const noexcept { return true; }
};

/// What a policy states besides its rule. The default is small, so that short inputs reach what happens between records.
struct Shape {
  std::size_t record = 512;
  std::size_t batch = 2048;
  tlsmode::Buffers buffers = tlsmode::Buffers::adaptive;
  std::size_t tickets = 1;
  bool keeps_key_shares = false;
  bool native = false;
};
constexpr Shape small_shape{};
constexpr Shape native_shape{.native = true};
constexpr Shape kept_shape{.buffers = tlsmode::Buffers::kept, .tickets = 2};
constexpr Shape lean_shape{.batch = 512, .tickets = 0, .keeps_key_shares = true};
constexpr Shape real_shape{.record = 16384, .batch = 65536};

template <typename RoleOf, typename Rule, Shape shape>
struct Fuzzed : RoleOf {
  using Writes = Rule;
  static constexpr std::size_t record_size = shape.record;
  static constexpr std::size_t batch_size = shape.batch;
  static constexpr tlsmode::Buffers buffers = shape.buffers;
  static constexpr std::size_t session_tickets = shape.tickets;
  static constexpr bool keep_key_shares = shape.keeps_key_shares;
  static constexpr bool kernel_tls = shape.native;
};

template <typename Policy, typename Transport>
class Wrapped final : public AnyConnection {
  using Connection = tlsmode::Connection<Policy, Transport>;
  static constexpr bool is_client = Policy::role == tlsmode::Role::client;
  static constexpr bool over_bios = tlsmode::NativeTransport<Transport>;

 public:
  Wrapped(WireEnd& end, SslHandle ssl) : connection_{make(end, std::move(ssl))} {}

  [[nodiscard]] static const tlsmode::Context<Policy>& context() {
    static const tlsmode::Context<Policy> made = [] {
      auto context = [] {
        if constexpr (is_client) {
          return tlsmode::Context<Policy>{trust_in(default_authority())};
        } else {
          return tlsmode::Context<Policy>{identity_of(default_server())};
        }
      }();
      share_tickets(context.native_handle());
      return context;
    }();
    return made;
  }

  tlsmode::IoStatus handshake() override { return connection_->handshake(); }
  tlsmode::ReadResult read(std::span<char> to) override { return connection_->read(to); }
  tlsmode::WriteResult write(std::string_view bytes) override { return connection_->write(bytes); }
  tlsmode::WriteResult retry([[maybe_unused]] std::string_view bytes) override {
    if constexpr (tlsmode::BuffersWrites<Policy>) {
      return {tlsmode::IoStatus::failed, 0};
    } else if constexpr (tlsmode::AllowsMovedBuffer<Policy>) {
      return connection_->retry(bytes);
    } else {
      return connection_->retry();
    }
  }
  std::size_t cancel_write() override { return connection_->cancel_write(); }
  tlsmode::IoStatus flush() override { return connection_->flush(); }
  tlsmode::IoStatus shutdown() override { return connection_->shutdown(); }
  tlsmode::IoStatus update_keys(bool ask_peer) override { return connection_->update_keys(ask_peer); }
  void move() override {
    Connection elsewhere{std::move(*connection_)};
    char buffer[1];
    require(connection_->pending_write().length == 0 && !connection_->wants_write(), "what was moved from is inert");
    require(connection_->read(buffer).status == tlsmode::IoStatus::failed, "what was moved from reads nothing");
    require(connection_->native_handle() == nullptr, "what was moved from has no SSL");
    if (elsewhere.has_input()) {
      connection_.emplace(std::move(elsewhere));
    } else {
      *connection_ = std::move(elsewhere);
    }
  }
  tlsmode::PendingWrite pending_write() const override { return connection_->pending_write(); }
  bool wants_write() const override { return connection_->wants_write(); }
  bool has_input() const override { return connection_->has_input(); }
  const tlsmode::Error& error() const override { return connection_->error(); }
  ::SSL* native_handle() const override { return connection_->native_handle(); }
  bool buffers() const override { return tlsmode::BuffersWrites<Policy>; }
  bool moves() const override { return tlsmode::AllowsMovedBuffer<Policy>; }
  bool is_partial() const override { return tlsmode::AllowsPartialWrite<Policy>; }

 private:
  [[nodiscard]] static Connection make(WireEnd& end, SslHandle ssl) {
    static const tlsmode::PeerName name{"server.example"};
    if constexpr (over_bios) {
      if (!ssl) {
        ssl.reset(::SSL_new(context().native_handle()));
        put_wire_under(ssl.get(), end);
      }
      if constexpr (is_client) {
        return Connection{ssl.release(), name};
      } else {
        return Connection{ssl.release()};
      }
    } else if constexpr (is_client) {
      return ssl ? Connection{ssl.release(), Transport{end}, name} : Connection{context(), Transport{end}, name};
    } else {
      return ssl ? Connection{ssl.release(), Transport{end}} : Connection{context(), Transport{end}};
    }
  }

  std::optional<Connection> connection_;
};

/// Calls `use` with the kind as a type.
template <typename Role, typename Use>
auto with_kind(unsigned kind, Use use) {
  using namespace tlsmode;
  switch (kind % kinds) {
    case 0: return use.template operator()<Wrapped<Fuzzed<Role, StrictWrites, small_shape>, WireEnd>>();
    case 1: return use.template operator()<Wrapped<Fuzzed<Role, PartialWrites, small_shape>, WireEnd>>();
    case 2: return use.template operator()<Wrapped<Fuzzed<Role, MovingWrites, small_shape>, WireEnd>>();
    case 3: return use.template operator()<Wrapped<Fuzzed<Role, PartialMovingWrites, small_shape>, WireEnd>>();
    case 4: return use.template operator()<Wrapped<Fuzzed<Role, BufferedWrites, small_shape>, WireEnd>>();
    case 5: return use.template operator()<Wrapped<Fuzzed<Role, StrictWrites, small_shape>, NativeBio>>();
    case 6: return use.template operator()<Wrapped<Fuzzed<Role, PartialMovingWrites, small_shape>, NativeBio>>();
    case 7: return use.template operator()<Wrapped<Fuzzed<Role, StrictWrites, native_shape>, NativeBio>>();
    case 8: return use.template operator()<Wrapped<Fuzzed<Role, PartialWrites, native_shape>, NativeBio>>();
    case 9: return use.template operator()<Wrapped<Fuzzed<Role, BufferedWrites, native_shape>, NativeBio>>();
    case 10: return use.template operator()<Wrapped<Fuzzed<Role, StrictWrites, small_shape>, SocketLikeEnd>>();
    case 11: return use.template operator()<Wrapped<Fuzzed<Role, PartialMovingWrites, kept_shape>, SocketLikeEnd>>();
    case 12: return use.template operator()<Wrapped<Fuzzed<Role, BufferedWrites, lean_shape>, SocketLikeEnd>>();
    case 13: return use.template operator()<Wrapped<Fuzzed<Role, PartialWrites, real_shape>, SocketLikeEnd>>();
    case 14: return use.template operator()<Wrapped<Fuzzed<Role, MovingWrites, real_shape>, SocketLikeEnd>>();
    default: return use.template operator()<Wrapped<Fuzzed<Role, BufferedWrites, real_shape>, WaitingEnd>>();
  }
}

}  // namespace

SslHandle make_ssl(tlsmode::Role role, unsigned kind, WireEnd& end) {
  const auto make = [&]<typename Kind>() {
    SslHandle ssl{::SSL_new(Kind::context().native_handle())};
    put_wire_under(ssl.get(), end);
    return ssl;
  };
  SslHandle ssl =
      role == tlsmode::Role::client ? with_kind<tlsmode::Client>(kind, make) : with_kind<tlsmode::Server>(kind, make);
  role == tlsmode::Role::client ? ::SSL_set_connect_state(ssl.get()) : ::SSL_set_accept_state(ssl.get());
  return ssl;
}

std::unique_ptr<AnyConnection> make_connection(tlsmode::Role role, unsigned kind, WireEnd& end, SslHandle ssl) {
  const auto make = [&]<typename Kind>() -> std::unique_ptr<AnyConnection> {
    return std::make_unique<Kind>(end, std::move(ssl));
  };
  return role == tlsmode::Role::client ? with_kind<tlsmode::Client>(kind, make)
                                       : with_kind<tlsmode::Server>(kind, make);
}

}  // namespace tlsmode_tests
