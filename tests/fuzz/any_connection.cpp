// SPDX-License-Identifier: MIT
#include "fuzz/any_connection.hpp"

#include <cstdlib>
#include <optional>
#include <utility>

#include <tlsmode/kernel_tls.hpp>
#include <tlsmode/tlsmode.hpp>

#include "fuzz/fuzz.hpp"
#include "fuzz/raw_ssl.hpp"
#include "support/tls_pair.hpp"

namespace tlsmode_tests {
namespace {

using tlsmode::NativeBio;

/// Small records and batches, so that short inputs reach what happens between records.
template <typename RoleOf, typename Rule, bool native>
struct Fuzzed : RoleOf {
  using Writes = Rule;
  static constexpr std::size_t record_size = 512;
  static constexpr std::size_t batch_size = 2048;
  static constexpr bool kernel_tls = native;
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
  bool is_native() const override { return Policy::kernel_tls; }

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
      return ssl ? Connection{ssl.release(), end, name} : Connection{context(), end, name};
    } else {
      return ssl ? Connection{ssl.release(), end} : Connection{context(), end};
    }
  }

  std::optional<Connection> connection_;
};

/// Calls `use` with the kind as a type.
template <typename Role, typename Use>
auto with_kind(unsigned kind, Use use) {
  using namespace tlsmode;
  switch (kind % kinds) {
    case 0: return use.template operator()<Wrapped<Fuzzed<Role, StrictWrites, false>, WireEnd>>();
    case 1: return use.template operator()<Wrapped<Fuzzed<Role, PartialWrites, false>, WireEnd>>();
    case 2: return use.template operator()<Wrapped<Fuzzed<Role, MovingWrites, false>, WireEnd>>();
    case 3: return use.template operator()<Wrapped<Fuzzed<Role, PartialMovingWrites, false>, WireEnd>>();
    case 4: return use.template operator()<Wrapped<Fuzzed<Role, BufferedWrites, false>, WireEnd>>();
    case 5: return use.template operator()<Wrapped<Fuzzed<Role, StrictWrites, false>, NativeBio>>();
    case 6: return use.template operator()<Wrapped<Fuzzed<Role, PartialMovingWrites, false>, NativeBio>>();
    case 7: return use.template operator()<Wrapped<Fuzzed<Role, StrictWrites, true>, NativeBio>>();
    case 8: return use.template operator()<Wrapped<Fuzzed<Role, PartialWrites, true>, NativeBio>>();
    default: return use.template operator()<Wrapped<Fuzzed<Role, BufferedWrites, true>, NativeBio>>();
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
